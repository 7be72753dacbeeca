package culvert.transport.noise;

import culvert.noise.NoiseCipher;

/** Replaces a direction's key after so many bytes, at the same record on both sides. */
final class RekeyMeter {

  private final NoiseCipher cipher;
  private final long limit;
  private long bytes;

  RekeyMeter(NoiseCipher cipher, long limit) {
    this.cipher = cipher;
    this.limit = limit;
  }

  /** A record with so many sealed bytes has gone or come. */
  void count(int sealed) {
    bytes += sealed;
    if (bytes >= limit) {
      cipher.rekey();
      bytes = 0;
    }
  }
}
