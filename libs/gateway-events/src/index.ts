export {
  CHANGES_LENGTH_MAX,
  CHANGES_STREAM,
  changeDoorbell,
  decodeDoorbell,
  encodeDoorbell,
  type ChangeDoorbell,
} from './change-doorbell.ts';
