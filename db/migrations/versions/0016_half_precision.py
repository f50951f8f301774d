"""Build each model's index of half-precision numbers, and look around further while building.

Revision ID: 0016
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# The expression is what functions/search/queries.py asks by, to the letter.
REBUILD = """
DO $$ DECLARE model record; BEGIN
  FOR model IN SELECT id, dimensions FROM embedding_models LOOP
    EXECUTE format('DROP INDEX IF EXISTS embeddings_model_%s', model.id);
    EXECUTE format('CREATE INDEX embeddings_model_%s ON embeddings'
      ' USING hnsw ((embedding::halfvec(%s)) halfvec_cosine_ops)'
      ' WITH (ef_construction = 128) WHERE model_id = %s',
      model.id, model.dimensions, model.id);
  END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute(REBUILD)


def downgrade() -> None:
    raise NotImplementedError("Migrations go forward only: restore a backup instead.")
