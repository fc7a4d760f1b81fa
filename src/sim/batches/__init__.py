"""Running many trials, anywhere, and never losing one.

running      `sim.run`, `sim.resume`, `sim.extend`
work         what a batch is made of, and its blocks on their way through an executor
blocks       one block: run it, set failed trials apart, encode what is kept
pool         this process, local processes, or any executor
store        the folder of a run: chunks, ledger, lock
summaries    counts, moments and quantiles instead of trials
precision    running until a number is known well enough
resources    memory and disk, said and checked before a run
"""
