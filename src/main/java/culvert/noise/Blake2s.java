package culvert.noise;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.Arrays;

/** The hash function BLAKE2s (RFC 7693). Noise uses the full digest without a key. */
final class Blake2s extends MessageDigest {

  private static final int BLOCK_BYTES = 64;
  private static final int DIGEST_BYTES = 32;
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** The initialization vector (section 2.6). */
  private static final int[] IV = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
  };

  /** The message word schedule, one row for each round (section 2.7). */
  private static final byte[][] SIGMA = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}
  };

  private final int digestBytes;
  private final byte[] key;
  private final int[] state = new int[8];
  private final int[] words = new int[16];
  private final int[] work = new int[16];
  private final byte[] block = new byte[BLOCK_BYTES];
  private int used;
  private long compressed;

  /** Creates a digest of 32 bytes without a key. */
  Blake2s() {
    this(DIGEST_BYTES, new byte[0]);
  }

  /**
   * Creates a digest of another length or with a key.
   *
   * @param digestBytes length of the digest, 1 to 32 bytes
   * @param key at most 32 bytes; empty for none
   */
  Blake2s(int digestBytes, byte[] key) {
    super("BLAKE2s-" + 8 * digestBytes);
    this.digestBytes = digestBytes;
    this.key = key.clone();
    engineReset();
  }

  @Override
  protected int engineGetDigestLength() {
    return digestBytes;
  }

  @Override
  protected void engineReset() {
    System.arraycopy(IV, 0, state, 0, state.length);
    state[0] ^= 0x01010000 ^ key.length << 8 ^ digestBytes;
    Arrays.fill(block, (byte) 0);
    System.arraycopy(key, 0, block, 0, key.length);
    used = key.length == 0 ? 0 : BLOCK_BYTES;
    compressed = 0;
  }

  @Override
  protected void engineUpdate(byte input) {
    compressFullBlock();
    block[used++] = input;
  }

  @Override
  protected void engineUpdate(byte[] input, int offset, int length) {
    int left = length;
    while (left > 0) {
      compressFullBlock();
      int taken = Math.min(left, BLOCK_BYTES - used);
      System.arraycopy(input, offset + length - left, block, used, taken);
      used += taken;
      left -= taken;
    }
  }

  /**
   * Keeps a full block until more input arrives, because the last block is compressed differently.
   */
  private void compressFullBlock() {
    if (used == BLOCK_BYTES) {
      compress(0);
      used = 0;
    }
  }

  @Override
  protected byte[] engineDigest() {
    Arrays.fill(block, used, BLOCK_BYTES, (byte) 0);
    compress(-1);
    var whole = new byte[DIGEST_BYTES];
    for (int i = 0; i < state.length; i++) {
      WORD.set(whole, 4 * i, state[i]);
    }
    engineReset();
    return Arrays.copyOf(whole, digestBytes);
  }

  /** Applies the function F (section 3.2) to the used part of the block. */
  private void compress(int last) {
    compressed += used;
    for (int i = 0; i < words.length; i++) {
      words[i] = (int) WORD.get(block, 4 * i);
    }
    System.arraycopy(state, 0, work, 0, 8);
    System.arraycopy(IV, 0, work, 8, 8);
    work[12] ^= (int) compressed;
    work[13] ^= (int) (compressed >>> 32);
    work[14] ^= last;
    for (byte[] order : SIGMA) {
      mix(0, 4, 8, 12, words[order[0]], words[order[1]]);
      mix(1, 5, 9, 13, words[order[2]], words[order[3]]);
      mix(2, 6, 10, 14, words[order[4]], words[order[5]]);
      mix(3, 7, 11, 15, words[order[6]], words[order[7]]);
      mix(0, 5, 10, 15, words[order[8]], words[order[9]]);
      mix(1, 6, 11, 12, words[order[10]], words[order[11]]);
      mix(2, 7, 8, 13, words[order[12]], words[order[13]]);
      mix(3, 4, 9, 14, words[order[14]], words[order[15]]);
    }
    for (int i = 0; i < state.length; i++) {
      state[i] ^= work[i] ^ work[i + 8];
    }
  }

  /** Applies the function G (section 3.1). */
  private void mix(int a, int b, int c, int d, int x, int y) {
    work[a] += work[b] + x;
    work[d] = Integer.rotateRight(work[d] ^ work[a], 16);
    work[c] += work[d];
    work[b] = Integer.rotateRight(work[b] ^ work[c], 12);
    work[a] += work[b] + y;
    work[d] = Integer.rotateRight(work[d] ^ work[a], 8);
    work[c] += work[d];
    work[b] = Integer.rotateRight(work[b] ^ work[c], 7);
  }
}
