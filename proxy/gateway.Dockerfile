# The local API Gateway: python -m proxy gateway, with what of pki/ it decides with, and no key.
# Its context is the whole project; gateway.Dockerfile.dockerignore lets the named files in alone.
FROM python:3.13-slim-trixie
WORKDIR /app
COPY pki/requirements.txt ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --disable-pip-version-check \
    -r requirements.txt && rm requirements.txt
COPY pki/*.py pki/
COPY proxy/*.py proxy/
RUN /venv/bin/python -m compileall -q . && mkdir /run/gateway && chown 65532:65532 /run/gateway
USER 65532:65532
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=5 \
    CMD ["test", "-S", "/run/gateway/gateway.sock"]
ENTRYPOINT ["python", "-m", "proxy", "gateway", "--socket", "/run/gateway/gateway.sock"]
