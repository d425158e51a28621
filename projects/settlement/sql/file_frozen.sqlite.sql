-- forward
CREATE TRIGGER file_frozen BEFORE UPDATE ON settlement_settlementfile
WHEN NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.organisation_id IS NOT OLD.organisation_id
  OR NEW.project_id IS NOT OLD.project_id OR NEW.source IS NOT OLD.source OR NEW.provider IS NOT OLD.provider
  OR NEW.mapping_code IS NOT OLD.mapping_code OR NEW.mapping_text IS NOT OLD.mapping_text OR NEW.sha256 IS NOT OLD.sha256
  OR NEW.size_bytes IS NOT OLD.size_bytes OR NEW.currency IS NOT OLD.currency OR NEW.stated_rows IS NOT OLD.stated_rows
  OR NEW.stated_minor IS NOT OLD.stated_minor OR NEW.received_by_ref IS NOT OLD.received_by_ref
   OR NEW.received_at IS NOT OLD.received_at
  OR (OLD.state <> 'RECEIVED' AND (
        NEW.started_by_ref IS NOT OLD.started_by_ref OR NEW.started_at IS NOT OLD.started_at))
  OR (OLD.state NOT IN ('RECEIVED', 'MEASURING') AND (
        NEW.rows_total IS NOT OLD.rows_total OR NEW.total_minor IS NOT OLD.total_minor))
  OR (OLD.state, NEW.state) NOT IN (VALUES ('RECEIVED', 'MEASURING'),
          ('MEASURING', 'IMPORTING'), ('RECEIVED', 'DISCARDED'), ('IMPORTING', 'IMPORTING'), ('IMPORTING', 'COMPLETE'), ('IMPORTING', 'DIFFERS'), ('DIFFERS', 'COMPLETE'))
  OR NEW.rows_done < OLD.rows_done
  OR (NEW.state = 'COMPLETE' AND NEW.rows_total <> (SELECT COUNT(*) FROM settlement_rawrow r WHERE r.file_id = NEW.id))
  OR (NEW.state = 'COMPLETE' AND EXISTS (
        SELECT 1 FROM settlement_settlementrow s WHERE s.file_id = NEW.id AND s.state = 'WAITING'))
BEGIN SELECT RAISE(ABORT, 'file_frozen'); END;
CREATE TRIGGER file_frozen_deleted BEFORE DELETE ON settlement_settlementfile
BEGIN SELECT RAISE(ABORT, 'file_frozen'); END;
CREATE TRIGGER file_frozen_born BEFORE INSERT ON settlement_settlementfile
WHEN NEW.state <> 'RECEIVED' OR NEW.rows_done <> 0
  OR EXISTS (SELECT 1 FROM settlement_settlementfile r WHERE r.id = NEW.id OR r.ref = NEW.ref)
BEGIN SELECT RAISE(ABORT, 'file_frozen'); END;
-- reverse
DROP TRIGGER file_frozen;
DROP TRIGGER file_frozen_deleted;
DROP TRIGGER file_frozen_born;
