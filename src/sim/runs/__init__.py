"""Running many trials, anywhere, and never losing one.

run          `sim.run`, `sim.resume`, `sim.extend`
experiment   the three parts of a run: what is run, what is kept, how it is executed
batch        one run, checked, and its blocks on their way through an executor
blocks       one block: run it, set failed trials apart, encode what is kept
pool         this process, local processes, or any executor
store        the folder of a run: chunks, metadata, lock
spec         what a store is a run of, and whether it may be taken up
ledger       which blocks of a run are finished
zarr_files   a dataset as files, known by their digests
dataset      recorded arrays as a labelled dataset with its manifest
saved        results on disk: `sim.open`, `sim.save`
counts       counts, moments and quantiles instead of trials
run_summary  a run of which counts are kept
rounds       what is missing of a batch is run, in memory or in a store
precision    sequential stopping on a confidence interval
quarters     which quarters are recorded
trials       the loop over trials of analyses, which keep nothing on disk
resources    memory and disk, said and checked before a run
free_memory  what the machine and its container leave free
engines      which engine runs the trials, and what it ran with
"""
