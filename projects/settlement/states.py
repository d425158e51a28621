"""The life of a file, of a row and of a bank line; the same tables stand in the database."""

from projects.settlement.words import AdjustmentState as A
from projects.settlement.words import FileState as F
from projects.settlement.words import LineState as L
from projects.settlement.words import RowState as R

FILE_MOVES = {
    (F.RECEIVED, F.MEASURING): "settlement_file.started",
    (F.MEASURING, F.IMPORTING): "settlement_file.measured",
    (F.RECEIVED, F.DISCARDED): "settlement_file.discarded",
    (F.IMPORTING, F.COMPLETE): "settlement_file.completed",
    (F.IMPORTING, F.DIFFERS): "settlement_file.differs",
    (F.DIFFERS, F.COMPLETE): "settlement_file.totals_accepted",
}
# A row that waits is decided once; the others were decided when they were written.
ROW_MOVES = {
    (R.WAITING, R.REFUND): "settlement_row.refunded",
    (R.WAITING, R.FEE): "settlement_row.fee_posted",
    (R.WAITING, R.SUSPENSE): "settlement_row.held",
}
LINE_MOVES = {
    (L.SUSPENSE, L.SETTLEMENT): "statement_line.reconciled",
    # Only by the confirmed answer to the adjustment that had explained it.
    (L.SETTLEMENT, L.SUSPENSE): "statement_line.reopened",
}
ADJUSTMENT_MOVES = {
    (A.DRAFTED, A.CONFIRMED): "adjustment.confirmed",
    (A.DRAFTED, A.DROPPED): "adjustment.dropped",
}

# States in which a row or line stands for money: nothing else may stand for the same money.
COUNTED = (R.WAITING, R.GIFT, R.REFUND, R.FEE, R.PAYOUT, R.SUSPENSE)
LINES_COUNTED = (L.SETTLEMENT, L.SUSPENSE, L.LEFT)
