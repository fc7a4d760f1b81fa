"""Paired comparison, and the answers that come of it.

measure        what is read off a run, such as a share in a year
notation       how a number is written, and read off trials
question       a number that is asked for, as text
paired         differences with their intervals, under common random numbers
effects        what each scenario moves most, in standard deviations
first_passage  when something first happens
ranking        who is first, year by year
shares         intervals of shares of trials
summary        quantiles and means by year
tables         a summary on the terminal
long_table     trials as a long table
history        what is on record, beside a run
sentences      an answer in one sentence, with its error
answer         the answers of a run
"""
