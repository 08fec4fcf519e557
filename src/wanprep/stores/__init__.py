"""Object stores: what is in a bucket, parts of an object, new objects, links that are signed.

S3, Google Cloud Storage and Azure go through obstore, all other stores through fsspec. Both are
imported when a store is opened.
"""
