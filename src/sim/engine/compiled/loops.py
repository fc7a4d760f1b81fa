"""Loops that are written out once, in LLVM's language: what works on lists and ledgers."""

PRELUDE = """\
!0 = !{}
declare double @llvm.fabs.f64(double)
declare double @llvm.floor.f64(double)
declare double @llvm.sqrt.f64(double)
declare <8 x double> @llvm.fabs.v8f64(<8 x double>)
declare <8 x double> @llvm.floor.v8f64(<8 x double>)
declare <8 x double> @llvm.sqrt.v8f64(<8 x double>)
declare i64 @llvm.abs.i64(i64, i1)
declare <8 x i64> @llvm.abs.v8i64(<8 x i64>, i1)

; List where flags are set, row by row; return how many. What is too much goes to the place after the last.
define internal i64 @find(ptr noalias %flags, i64 %n_rows, i64 %n, ptr noalias %rows,
    ptr noalias %entries, i64 %capacity) {
start:
  %end = mul i64 %n_rows, %n
  br label %head
head:
  %i = phi i64 [ 0, %start ], [ %i_next, %again ]
  %k = phi i64 [ 0, %start ], [ %k_next, %again ]
  %t = phi i64 [ 0, %start ], [ %t_next, %again ]
  %count = phi i64 [ 0, %start ], [ %more, %again ]
  %go = icmp slt i64 %i, %end
  br i1 %go, label %body, label %done
body:
  %at = getelementptr i8, ptr %flags, i64 %i
  %chunk = load i64, ptr %at
  %none = icmp eq i64 %chunk, 0
  br i1 %none, label %skip, label %look
skip:
  br label %again
look:
  br label %each
each:
  %j = phi i64 [ 0, %look ], [ %j_next, %each ]
  %c = phi i64 [ %count, %look ], [ %c_next, %each ]
  %ij = add i64 %i, %j
  %tj = add i64 %t, %j
  %flag_at = getelementptr i8, ptr %flags, i64 %ij
  %flag = load i8, ptr %flag_at
  %fits = icmp ult i64 %c, %capacity
  %to = select i1 %fits, i64 %c, i64 %capacity
  %row_at = getelementptr i64, ptr %rows, i64 %to
  store i64 %k, ptr %row_at
  %entry_at = getelementptr i64, ptr %entries, i64 %to
  store i64 %tj, ptr %entry_at
  %one = zext i8 %flag to i64
  %c_next = add i64 %c, %one
  %j_next = add i64 %j, 1
  %j_go = icmp slt i64 %j_next, 8
  br i1 %j_go, label %each, label %looked
looked:
  br label %again
again:
  %more = phi i64 [ %count, %skip ], [ %c_next, %looked ]
  %i_next = add i64 %i, 8
  %t_far = add i64 %t, 8
  %wraps = icmp eq i64 %t_far, %n
  %t_next = select i1 %wraps, i64 0, i64 %t_far
  %k_far = add i64 %k, 1
  %k_next = select i1 %wraps, i64 %k_far, i64 %k
  br label %head
done:
  ret i64 %count
}

; Add equal parts to a ledger, one every so many quarters; those beyond its end go into its last quarter.
define internal void @enter(ptr %at, i64 %first, i64 %every, i64 %last, i64 %quarter, double %part,
    i64 %parts) {
start:
  br label %head
head:
  %k = phi i64 [ 0, %start ], [ %k_next, %body ]
  %go = icmp slt i64 %k, %parts
  br i1 %go, label %body, label %done
body:
  %later = mul i64 %k, %every
  %due = add i64 %first, %later
  %is_early = icmp slt i64 %due, %last
  %row = select i1 %is_early, i64 %due, i64 %last
  %offset = mul i64 %row, %quarter
  %place = getelementptr i8, ptr %at, i64 %offset
  %old = load double, ptr %place
  %new = fadd double %old, %part
  store double %new, ptr %place
  %k_next = add i64 %k, 1
  br label %head
done:
  ret void
}

; Move a share of what a ledger has in a quarter to the next one.
define internal void @postpone(ptr noalias %ledger, i64 %quarter, i64 %n_rows, i64 %width, i64 %n,
    ptr noalias %shares, i64 %first) {
start:
  %end = mul i64 %n_rows, %n
  %skip = mul i64 %first, %n
  %from = getelementptr double, ptr %shares, i64 %skip
  %row_cells = mul i64 %width, %n
  %due_cells = mul i64 %row_cells, %n_rows
  %quarter_offset = mul i64 %quarter, %due_cells
  br label %head
head:
  %i = phi i64 [ 0, %start ], [ %i_next, %again ]
  %go = icmp slt i64 %i, %end
  br i1 %go, label %body, label %done
body:
  %share_at = getelementptr double, ptr %from, i64 %i
  %share = load double, ptr %share_at
  %none = fcmp oeq double %share, 0.0
  br i1 %none, label %again, label %move
move:
  %row = sdiv i64 %i, %n
  %t = srem i64 %i, %n
  %row_offset = mul i64 %row, %row_cells
  %row_cell = add i64 %quarter_offset, %row_offset
  %cell = add i64 %row_cell, %t
  br label %inner
inner:
  %c = phi i64 [ 0, %move ], [ %c_next, %inner ]
  %c_offset = mul i64 %c, %n
  %c_cell = add i64 %cell, %c_offset
  %place = getelementptr double, ptr %ledger, i64 %c_cell
  %due = load double, ptr %place
  %waiting = fmul double %due, %share
  %left = fsub double %due, %waiting
  store double %left, ptr %place
  %next_place = getelementptr double, ptr %place, i64 %due_cells
  %later = load double, ptr %next_place
  %more = fadd double %later, %waiting
  store double %more, ptr %next_place
  %c_next = add i64 %c, 1
  %c_go = icmp slt i64 %c_next, %width
  br i1 %c_go, label %inner, label %again
again:
  %i_next = add i64 %i, 1
  br label %head
done:
  ret void
}

; Take a share of all entries of a ledger from a quarter on: sums over quarters, then over the axes between.
define internal void @withdraw(ptr %ledger, i64 %since, i64 %n_due, i64 %n_rows, i64 %width, i64 %n,
    ptr %shares, i64 %first, ptr %taken) {
start:
  %end = mul i64 %n_rows, %n
  %skip = mul i64 %first, %n
  %from = getelementptr double, ptr %shares, i64 %skip
  %row_cells = mul i64 %width, %n
  %due_cells = mul i64 %row_cells, %n_rows
  br label %head
head:
  %i = phi i64 [ 0, %start ], [ %i_next, %store ]
  %go = icmp slt i64 %i, %end
  br i1 %go, label %body, label %done
body:
  %share_at = getelementptr double, ptr %from, i64 %i
  %share = load double, ptr %share_at
  %none = fcmp oeq double %share, 0.0
  br i1 %none, label %store, label %take
take:
  %row = sdiv i64 %i, %n
  %t = srem i64 %i, %n
  %row_offset = mul i64 %row, %row_cells
  %cell = add i64 %row_offset, %t
  br label %inner
inner:
  %c = phi i64 [ 0, %take ], [ %c_next, %inner_done ]
  %sum = phi double [ 0.0, %take ], [ %sum_next, %inner_done ]
  %c_offset = mul i64 %c, %n
  %c_cell = add i64 %cell, %c_offset
  br label %due
due:
  %d = phi i64 [ %since, %inner ], [ %d_next, %due ]
  %part = phi double [ 0.0, %inner ], [ %part_next, %due ]
  %d_offset = mul i64 %d, %due_cells
  %d_cell = add i64 %c_cell, %d_offset
  %place = getelementptr double, ptr %ledger, i64 %d_cell
  %old = load double, ptr %place
  %gone = fmul double %old, %share
  %left = fsub double %old, %gone
  store double %left, ptr %place
  %more = fadd double %part, %gone
  %is_first = icmp eq i64 %d, %since
  %part_next = select i1 %is_first, double %gone, double %more
  %d_next = add i64 %d, 1
  %d_go = icmp slt i64 %d_next, %n_due
  br i1 %d_go, label %due, label %inner_done
inner_done:
  %sum_more = fadd double %sum, %part_next
  %c_first = icmp eq i64 %c, 0
  %sum_next = select i1 %c_first, double %part_next, double %sum_more
  %c_next = add i64 %c, 1
  %c_go = icmp slt i64 %c_next, %width
  br i1 %c_go, label %inner, label %taken_all
taken_all:
  br label %store
store:
  %result = phi double [ 0.0, %body ], [ %sum_next, %taken_all ]
  %taken_at = getelementptr double, ptr %taken, i64 %i
  store double %result, ptr %taken_at
  %i_next = add i64 %i, 1
  br label %head
done:
  ret void
}
"""
