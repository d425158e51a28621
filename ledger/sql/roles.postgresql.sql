-- Rights on PostgreSQL. The books belong to a role that cannot log in; the site's role may read and add, no more.
-- {owner} and {site} are filled in by ``manage.py ledger_roles``, which a role that may do this runs once after migrate.
-- forward
ALTER TABLE ledger_book OWNER TO {owner};
ALTER TABLE ledger_account OWNER TO {owner};
ALTER TABLE ledger_fund OWNER TO {owner};
ALTER TABLE ledger_journalentry OWNER TO {owner};
ALTER TABLE ledger_posting OWNER TO {owner};
ALTER TABLE ledger_period OWNER TO {owner};
ALTER TABLE ledger_lot OWNER TO {owner};
ALTER TABLE ledger_lotuse OWNER TO {owner};
ALTER TABLE ledger_lothole OWNER TO {owner};
ALTER TABLE ledger_lotcover OWNER TO {owner};
ALTER TABLE ledger_notice OWNER TO {owner};
ALTER TABLE ledger_logleaf OWNER TO {owner};
ALTER TABLE ledger_loghead OWNER TO {owner};
ALTER TABLE ledger_logtile OWNER TO {owner};
ALTER TABLE ledger_accountsnapshot OWNER TO {owner};
ALTER TABLE ledger_linesnapshot OWNER TO {owner};
ALTER TABLE ledger_daysum OWNER TO {owner};
ALTER TABLE ledger_verification OWNER TO {owner};
ALTER TABLE ledger_checkpoint OWNER TO {owner};
ALTER TABLE ledger_cosignature OWNER TO {owner};
ALTER TABLE ledger_outbox OWNER TO {owner};
ALTER FUNCTION append_only_refuse() OWNER TO {owner};
ALTER FUNCTION ledger_after_seal() OWNER TO {owner};
ALTER FUNCTION ledger_checkpoint_next() OWNER TO {owner};
ALTER FUNCTION ledger_cosignature_of() OWNER TO {owner};
ALTER FUNCTION ledger_entry_seal() OWNER TO {owner};
ALTER FUNCTION ledger_loghead_next() OWNER TO {owner};
ALTER FUNCTION ledger_logleaf_next() OWNER TO {owner};
ALTER FUNCTION ledger_logtile_full() OWNER TO {owner};
ALTER FUNCTION ledger_snapshot_reached() OWNER TO {owner};
ALTER FUNCTION ledger_lot_on_line() OWNER TO {owner};
ALTER FUNCTION ledger_lotcover_on_line() OWNER TO {owner};
ALTER FUNCTION ledger_lothole_on_line() OWNER TO {owner};
ALTER FUNCTION ledger_lotuse_on_line() OWNER TO {owner};
ALTER FUNCTION ledger_notice_outbox() OWNER TO {owner};
ALTER FUNCTION ledger_outbox_joins() OWNER TO {owner};
ALTER FUNCTION ledger_outbox_leaves() OWNER TO {owner};
ALTER FUNCTION ledger_outbox_stays() OWNER TO {owner};
ALTER FUNCTION ledger_period_disjoint() OWNER TO {owner};
ALTER FUNCTION ledger_posting_agreement() OWNER TO {owner};
REVOKE ALL ON
    ledger_book, ledger_account, ledger_fund, ledger_journalentry, ledger_posting, ledger_period, ledger_lot,
    ledger_lotuse, ledger_lothole, ledger_lotcover, ledger_notice, ledger_logleaf, ledger_loghead,
    ledger_logtile, ledger_accountsnapshot, ledger_linesnapshot, ledger_daysum, ledger_outbox,
    ledger_verification, ledger_checkpoint, ledger_cosignature
    FROM PUBLIC, {site};
GRANT SELECT, INSERT ON
    ledger_book, ledger_account, ledger_fund, ledger_journalentry, ledger_posting, ledger_period, ledger_lot,
    ledger_lotuse, ledger_lothole, ledger_lotcover, ledger_notice, ledger_logleaf, ledger_loghead,
    ledger_logtile, ledger_accountsnapshot, ledger_linesnapshot, ledger_daysum, ledger_outbox,
    ledger_verification, ledger_checkpoint, ledger_cosignature
    TO {site};
-- What has its position leaves the outbox; a trigger sees to it that nothing else does.
GRANT DELETE ON ledger_outbox TO {site};
-- Names are looked up in this schema by the laws: the site may use it, and not put tables of its own in their way.
REVOKE CREATE ON SCHEMA public FROM PUBLIC, {site};
GRANT USAGE ON SCHEMA public TO {site}, {owner};
-- reverse
