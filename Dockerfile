# The application alone; docker-compose.yml puts the store, TURN and TLS beside it.
FROM python:3.12-slim-trixie AS build
WORKDIR /source
RUN python -m venv /opt/build && python -m venv /opt/roadshow
# For the relay's native fan-out: a compiler; OpenSSL's headers. The image below has the library.
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev libssl-dev && rm -rf /var/lib/apt/lists/*
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# Exactly what is locked, by hash, what builds included; before the sources, so that a change of these downloads nothing.
COPY locks locks
RUN /opt/build/bin/pip install --require-hashes --requirement locks/build.txt \
    && /opt/roadshow/bin/pip install --require-hashes --requirement locks/run.txt
COPY pyproject.toml setup.py MANIFEST.in README.md LICENSE ./
COPY roadshow roadshow
COPY web web
RUN RELAY_NATIVE_BUILD=required /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/roadshow/bin/pip install --no-deps /wheels/*.whl

FROM python:3.12-slim-trixie
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin roadshow \
    && install --directory --owner=roadshow --mode=0700 /data
COPY --from=build /opt/roadshow /opt/roadshow
ENV PATH=/opt/roadshow/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ROADSHOW_DATA=/data \
    ROADSHOW_HOST=0.0.0.0 \
    ROADSHOW_UDP_HOST=0.0.0.0
USER roadshow
VOLUME /data
EXPOSE 8000/tcp 8001/udp 8001/tcp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=2)"]
ENTRYPOINT ["python", "-m", "roadshow"]
CMD ["serve", "--competition", "/competition.toml"]
