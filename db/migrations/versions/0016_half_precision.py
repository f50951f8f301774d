"""Build each model's index of half-precision numbers, and look around further while building.

Revision ID: 0016
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# The expression is what `RegisteredModel.indexed` says, to the letter. Search goes on by the old
# index while the new one is built: five minutes for a million passages.
REBUILD = """
DO $$ DECLARE model record; BEGIN
  FOR model IN SELECT id, dimensions FROM embedding_models LOOP
    EXECUTE format('CREATE INDEX new_embeddings_model_%s ON embeddings'
      ' USING hnsw ((embedding::halfvec(%s)) halfvec_cosine_ops)'
      ' WITH (ef_construction = 128) WHERE model_id = %s',
      model.id, model.dimensions, model.id);
  END LOOP;
  FOR model IN SELECT id FROM embedding_models LOOP
    EXECUTE format('DROP INDEX IF EXISTS embeddings_model_%s', model.id);
    EXECUTE format('ALTER INDEX new_embeddings_model_%s RENAME TO embeddings_model_%s',
      model.id, model.id);
  END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute(REBUILD)


def downgrade() -> None:
    raise NotImplementedError("Migrations go forward only: restore a backup instead.")
