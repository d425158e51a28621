"""Cases, what is asked for them, what is granted, and the vault rows that hold who they are."""

from .awards import Approval, ApprovalPolicy, ApprovalStage, AssistanceRequest, Award
from .cases import Authorisation, Case, CaseCategory, Household, Need
from .files import CaseFile, CaseFileChunk, CaseFileError
from .identities import Identity, VaultKey

__all__ = [
    "Approval",
    "ApprovalPolicy",
    "ApprovalStage",
    "AssistanceRequest",
    "Authorisation",
    "Award",
    "Case",
    "CaseCategory",
    "CaseFile",
    "CaseFileChunk",
    "CaseFileError",
    "Household",
    "Identity",
    "Need",
    "VaultKey",
]
