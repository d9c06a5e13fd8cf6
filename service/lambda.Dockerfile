# The function as Lambda runs it: AWS's image, runtime client and runtime emulator.
FROM public.ecr.aws/lambda/python:3.13
COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --target "$LAMBDA_TASK_ROOT" \
    -r requirements.txt && rm requirements.txt
COPY . service/
RUN rm service/requirements*.txt
# As in Dockerfile: whichever starts first has its volume belong to both.
RUN mkdir -m 0700 /registry && chown 65533:65533 /registry
USER 65533:65533
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=5 \
    CMD ["python3", "-c", "import socket; socket.create_connection(('127.0.0.1', 8080), 2).close()"]
CMD ["service.lambda_handler.handler"]
