package culvert.net;

/**
 * The time that datagrams owe which have passed a {@link TokenBucket} without waiting. Half of what
 * is paid is for confirmed flows and half for the others, whose sources may be forged; a part that
 * one of them does not need is for the other one. Not safe for use by several threads.
 */
final class DatagramDebts {

  private final SourceDebts confirmed;
  private final SourceDebts unconfirmed;

  DatagramDebts(int salt) {
    this.confirmed = new SourceDebts(salt);
    this.unconfirmed = new SourceDebts(salt);
  }

  private SourceDebts debts(boolean isConfirmed) {
    return isConfirmed ? confirmed : unconfirmed;
  }

  /** Adds a datagram, as {@link SourceDebts#tryAdd} does. */
  boolean tryAdd(SourcePrefix source, boolean isConfirmed, long nanos, long limit) {
    return debts(isConfirmed).tryAdd(source, nanos, limit);
  }

  /** Removes a datagram that did not pass after all. */
  void remove(SourcePrefix source, boolean isConfirmed, long nanos) {
    debts(isConfirmed).remove(source, nanos);
  }

  /** Pays for time that has passed. */
  void pay(double nanos) {
    double left = confirmed.pay(nanos / 2) + unconfirmed.pay(nanos / 2);
    unconfirmed.pay(confirmed.pay(left));
  }

  /** Multiplies everything that is owed. */
  void scale(double factor) {
    confirmed.scale(factor);
    unconfirmed.scale(factor);
  }
}
