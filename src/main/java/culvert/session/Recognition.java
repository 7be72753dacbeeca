package culvert.session;

/** Whether a connection that begins with certain bytes can be of a protocol. */
public enum Recognition {
  /** It is of this protocol. */
  YES,
  /** It is of another one. */
  NO,
  /** More bytes decide. */
  UNDECIDED
}
