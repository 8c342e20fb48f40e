"""`python upload.py FILE…`: what an operator's script does to bring files into the bucket that the environment names."""

import os
import sys
from pathlib import Path

import boto3
from boto3.s3.transfer import TransferConfig

if __name__ == "__main__":
    client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    for file in map(Path, sys.argv[1:]):
        client.upload_file(str(file), os.environ["S3_BUCKET"], f"naive/{file.name}", Config=TransferConfig())
