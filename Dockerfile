# wanprep alone, for a user that is not root: docs/how-to/docker.md
FROM python:3.13-slim AS build
COPY . /source
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels /source

FROM python:3.13-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir /wheels/*.whl \
    && useradd --create-home --uid 1000 wanprep \
    && mkdir --mode 1777 /cache /state
ENV WANPREP_CACHE_DIR=/cache WANPREP_STATE_DIR=/state
USER wanprep
WORKDIR /work
ENTRYPOINT ["wanprep"]
