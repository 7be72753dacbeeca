package culvert.transport.noise;

import culvert.noise.NoiseCipher;

/** Replaces the key of a direction after a number of bytes, at the same record on both sides. */
final class RekeyMeter {

  private final NoiseCipher cipher;
  private final long limit;
  private long bytes;

  RekeyMeter(NoiseCipher cipher, long limit) {
    this.cipher = cipher;
    this.limit = limit;
  }

  /** Counts one record that was encrypted or decrypted. */
  void count(int messageBytes) {
    bytes += messageBytes;
    if (bytes >= limit) {
      cipher.rekey();
      bytes = 0;
    }
  }
}
