"""The product's settings for a worker under test: the same machinery, with shorter times, so that a test need not wait a minute
for a lease to run out."""

from dashboard import settings as product

vars().update({name: value for name, value in vars(product).items() if name.isupper()})
JOB_LEASE_SECONDS = 2.0
JOB_HEARTBEAT_SECONDS = 0.5
JOB_SWEEP_SECONDS = 0.2
JOB_TURN_SECONDS = 1.0
JOB_BACKOFF_SECONDS = 1.1
JOB_DELAY_SECONDS = 0.5
JOB_GRACE_SECONDS = 5.0
LOCK_SECONDS = 2.0
