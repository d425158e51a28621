from django.db import models

from projects.access.refs import new_ref


class VaultKey(models.Model):
    """A data key of one organisation, wrapped by the master key. Without the master key it is noise."""

    class Use(models.TextChoices):
        SEAL = "SEAL", "seal"
        INDEX = "INDEX", "index"

    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    use = models.CharField(max_length=8, choices=Use.choices)
    version = models.PositiveSmallIntegerField()
    wrapped = models.BinaryField()
    # Says which master key wrapped it, so that a rotation knows what is left to do.
    master_id = models.CharField(max_length=16)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "use", "version"], name="relief_vaultkey_one_a_version"),
        ]

    def __str__(self) -> str:
        return f"{self.use} v{self.version}"

    def __repr__(self) -> str:
        return f"<VaultKey {self.pk}>"


class Identity(models.Model):
    """Who somebody is, as ciphertext only. `vault.reveal` is the one way to read it, `vault.store` to write it."""

    ref = models.CharField(max_length=32, unique=True, default=new_ref, editable=False)
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    key_version = models.PositiveSmallIntegerField(default=1)

    name = models.BinaryField(null=True)
    id_number = models.BinaryField(null=True)
    phone = models.BinaryField(null=True)
    account = models.BinaryField(null=True)
    bank = models.BinaryField(null=True)
    address = models.BinaryField(null=True)
    birth_date = models.BinaryField(null=True)
    guardian_name = models.BinaryField(null=True)
    guardian_id_number = models.BinaryField(null=True)

    # Keyed hashes: equal values of one organisation give equal hashes, and nobody without the key can try numbers.
    id_number_hash = models.CharField(max_length=64, blank=True, db_index=True)
    phone_hash = models.CharField(max_length=64, blank=True, db_index=True)
    account_hash = models.CharField(max_length=64, blank=True, db_index=True)

    stored_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "identities"

    def __str__(self) -> str:
        return self.ref

    def __repr__(self) -> str:
        return f"<Identity {self.ref}>"
