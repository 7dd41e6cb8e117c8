# The shop's image, in two targets: app is shipped (web, worker and migrate are its commands),
# demo adds sandbox/ for docker-compose.yml.
#   docker build -t makers-market .
#   docker build --target demo -t makers-market-demo .
# docs/image.md says how the base is pinned by digest and how to build without a registry.
ARG PYTHON_IMAGE=docker.io/library/python:3.13.11-slim-trixie

FROM ${PYTHON_IMAGE} AS base
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONFAULTHANDLER=1
WORKDIR /srv/market

# The locked wheels, each checked against its hash; nothing is compiled.
FROM base AS packages
# A mirror of your own, and the certificates it is known by.
ARG PIP_INDEX_URL
ARG PIP_CERT
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ONLY_BINARY=:all: \
    PIP_REQUIRE_HASHES=1
# pip lives in a venv of its own and does not reach the image.
RUN python -m venv /opt/pip && python -m venv --without-pip /opt/venv
COPY requirements.txt /opt/
RUN /opt/pip/bin/pip --python /opt/venv/bin/python install -r /opt/requirements.txt

FROM packages AS tools
COPY requirements-dev.txt deploy/image/pick.py /opt/
RUN python /opt/pick.py /opt/requirements-dev.txt babel > /opt/tools.txt \
    && /opt/pip/bin/pip install --target /opt/tools -r /opt/tools.txt

FROM packages AS demo-packages
COPY requirements-dev.txt deploy/image/pick.py /opt/
RUN python /opt/pick.py /opt/requirements-dev.txt \
        flask blinker click itsdangerous jinja2 markupsafe werkzeug \
        pydantic annotated-types pydantic-core typing-extensions typing-inspection > /opt/demo.txt \
    && /opt/pip/bin/pip install --target /opt/demo -r /opt/demo.txt

# The code, its translations compiled and its static files compressed under hashed names.
FROM packages AS built
COPY manage.py gunicorn.conf.py ./
COPY accounts accounts
COPY catalog catalog
COPY deploy/sql deploy/sql
COPY locale locale
COPY makers_market makers_market
COPY notifications notifications
COPY orders orders
COPY payments payments
COPY --from=tools /opt/tools /opt/tools
COPY .env.example /tmp/example.env
# The example's values let the settings load (DEBUG, since no secret is real here); none is kept.
RUN set -a && . /tmp/example.env && export DEBUG=1 SANDBOX=0 STATIC_ROOT=/srv/static \
    && PYTHONPATH=/opt/tools python manage.py compile_translations \
    && python manage.py collectstatic --noinput --verbosity 0 \
    && find locale -name '*.po' -delete \
    && python -m compileall -q --invalidation-mode unchecked-hash .

FROM base AS shop
RUN groupadd --gid 10001 market \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin market \
    && rm -rf /usr/local/lib/python3.*/site-packages/pip* /usr/local/lib/python3.*/ensurepip \
        /usr/local/bin/pip* /usr/share/python-wheels
COPY deploy/image/rds.pem /etc/ssl/certs/rds.pem
COPY --from=packages /opt/venv /opt/venv
COPY --from=built /srv/static /srv/static
COPY --from=built /srv/market /srv/market
ENV HOME=/tmp \
    DJANGO_SETTINGS_MODULE=makers_market.settings \
    SANDBOX=0 \
    STATIC_ROOT=/srv/static \
    MEDIA_ROOT=/tmp/media
# Fargate's empty volume at /tmp takes the owner and mode that the image has there (1777).
VOLUME ["/tmp"]
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# Alive, not ready: a database that is away must not end the containers that wait for it.
HEALTHCHECK --interval=10s --timeout=4s --start-period=60s --retries=3 CMD ["python", "-c", \
    "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('PORT', 8000)), timeout=3); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["python", "-m", "makers_market"]
CMD ["web"]

FROM shop AS demo
USER 0:0
RUN install --directory --owner=10001 --group=10001 /srv/market/.local \
    && echo /opt/demo > "$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/demo.pth"
COPY --from=demo-packages /opt/demo /opt/demo
COPY sandbox sandbox
COPY deploy/lambda deploy/lambda
RUN python -m compileall -q --invalidation-mode unchecked-hash sandbox deploy/lambda
ENV SANDBOX=1
USER 10001:10001

# The last stage is what `docker build .` makes.
FROM shop AS app
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Makers Market" \
    org.opencontainers.image.revision="${REVISION}"
