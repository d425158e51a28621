"""``.tlog-proof`` files: one leaf's place in a signed checkpoint, checkable offline (c2sp.org/tlog-proof@v1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.core.merkle import check_inclusion, leaf_hash
from ledger.core.notes import (
    OpenedCheckpoint,
    VerifierKey,
    decode64,
    encode64,
    open_checkpoint,
    parse_decimal,
)
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r

FIRST_LINE = "c2sp.org/tlog-proof@v1"
LONGEST = 63


@dataclass(frozen=True, slots=True)
class LogProof:
    """A leaf's position, the hashes that lead from it to the root, and the checkpoint that states the root."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def __str__(self) -> str:
        lines = [FIRST_LINE]
        if self.extra is not None:
            lines.append(f"extra {encode64(self.extra)}")
        lines += [f"index {self.index}", *map(encode64, self.hashes)]
        return "\n".join(lines) + "\n\n" + self.checkpoint

    @classmethod
    def parse(cls, raw: bytes | str) -> "LogProof":
        """The parts of a proof file, none of them checked yet; refused when it is not written as one."""
        try:
            text = raw if isinstance(raw, str) else raw.decode("utf-8")
            head, gap, checkpoint = text.partition("\n\n")
            first, *lines = head.split("\n")
            if first != FIRST_LINE or not gap or not lines:
                raise ValueError("its first line or its checkpoint is missing")
            extra = decode64(lines.pop(0).removeprefix("extra ")) if lines[0].startswith("extra ") else None
            if not lines or not lines[0].startswith("index "):
                raise ValueError("its index is missing")
            index = parse_decimal(lines[0].removeprefix("index "))
            hashes = tuple(decode64(line) for line in lines[1:])
            if len(hashes) > LONGEST or any(len(step) != 32 for step in hashes):
                raise ValueError("its hashes are not 32 bytes, or too many")
        except ValueError as error:
            raise Refused("proof_malformed", _r("This is not a proof file: %(fault)s."), fault=error) from None
        return cls(index, hashes, checkpoint, extra)


def check_proof(
    proof: LogProof, leaf: bytes, keys: Sequence[VerifierKey], *, witnesses: Iterable[VerifierKey] = ()
) -> OpenedCheckpoint:
    """Whether the leaf stands at its place in a checkpoint that the log signed; refused otherwise, with the reason."""
    opened = open_checkpoint(proof.checkpoint, keys, witnesses=witnesses)
    head = opened.head
    if not check_inclusion(proof.hashes, proof.index, head.size, leaf_hash(leaf), head.root):
        raise Refused(
            "proof_wrong",
            _r("The proof does not lead from this entry at position %(index)s to the signed root of %(size)s entries."),
            index=proof.index,
            size=head.size,
        )
    return opened
