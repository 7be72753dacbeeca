package culvert.noise;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/**
 * One direction of a Noise session, or a handshake's sealing: a key and the number of the next
 * message (CipherState of section 5.1). One thread uses it at a time.
 *
 * <p>A message is the sealed payload and a tag behind it; its number is not sent, so one that is
 * lost, repeated or out of order does not open. Buffers may be direct or not, and must not overlap.
 */
public final class NoiseCipher {

  /** How much longer a message is than its payload, in bytes. */
  public static final int TAG_BYTES = 16;

  /** The longest message, in bytes (section 3). */
  public static final int MAX_MESSAGE_BYTES = 65535;

  /** The longest payload, in bytes. */
  public static final int MAX_PAYLOAD_BYTES = MAX_MESSAGE_BYTES - TAG_BYTES;

  /** The last number, unsigned, serves only to derive the next key (sections 4.2 and 5.1). */
  static final long RESERVED = -1;

  private static final byte[] NOTHING = {};

  private final Aead aead;
  private final ByteBuffer nonce;
  private Cipher cipher;
  private SecretKeySpec key;
  private long next;

  /**
   * Starts with that number.
   *
   * @param key of {@value Aead#KEY_BYTES} bytes; is copied
   * @param next counts as unsigned
   */
  NoiseCipher(Aead aead, byte[] key, long next) {
    this.aead = aead;
    this.nonce = aead.nonce();
    this.key = aead.key(key);
    this.next = next;
  }

  /**
   * Seals a message.
   *
   * @param plain all that remains is the payload, at most {@value #MAX_PAYLOAD_BYTES} bytes
   * @param out needs room for the payload and {@value #TAG_BYTES} bytes
   * @throws IllegalArgumentException if the payload is longer
   * @throws BufferOverflowException if there is not the room
   * @throws IllegalStateException if all 2^64 - 1 messages of the key were sealed
   */
  public void encrypt(ByteBuffer plain, ByteBuffer out) {
    encrypt(NOTHING, plain, out);
  }

  /** The same with associated data. */
  void encrypt(byte[] associated, ByteBuffer plain, ByteBuffer out) {
    if (plain.remaining() > MAX_PAYLOAD_BYTES) {
      throw new IllegalArgumentException(
          "a Noise message holds at most "
              + MAX_PAYLOAD_BYTES
              + " bytes, not "
              + plain.remaining());
    }
    if (out.remaining() < plain.remaining() + TAG_BYTES) {
      throw new BufferOverflowException();
    }
    checkNotSpent();
    try {
      start(Cipher.ENCRYPT_MODE, next++, associated);
      cipher.doFinal(plain, out);
    } catch (GeneralSecurityException e) {
      throw broken(e);
    }
  }

  /**
   * Opens a message. One that does not verify is taken all the same, and counts for nothing: the
   * number is still to come, and {@code out} stays as it was, but for zeros behind its position.
   *
   * @param sealed all that remains is the message
   * @param out needs room for its payload
   * @throws NoiseException if it is too short, too long, or does not verify
   * @throws BufferOverflowException if there is not the room
   * @throws IllegalStateException if all 2^64 - 1 messages of the key were opened
   */
  public void decrypt(ByteBuffer sealed, ByteBuffer out) throws NoiseException {
    int bytes = sealed.remaining();
    if (bytes < TAG_BYTES || bytes > MAX_MESSAGE_BYTES) {
      throw new NoiseException(
          number()
              + " has "
              + bytes
              + " bytes: "
              + TAG_BYTES
              + " to "
              + MAX_MESSAGE_BYTES
              + " are possible");
    }
    if (!decrypt(NOTHING, sealed, out)) {
      throw new NoiseException(number() + " does not verify");
    }
  }

  private String number() {
    return "Noise transport message " + Long.toUnsignedString(next + 1);
  }

  /**
   * The same with associated data, for a message of a possible length; says whether it verifies.
   */
  boolean decrypt(byte[] associated, ByteBuffer sealed, ByteBuffer out) {
    int payload = sealed.remaining() - TAG_BYTES;
    if (out.remaining() < payload) {
      throw new BufferOverflowException();
    }
    checkNotSpent();
    int start = out.position();
    try {
      start(Cipher.DECRYPT_MODE, next, associated);
      cipher.doFinal(sealed, out);
      next++;
      return true;
    } catch (AEADBadTagException e) {
      // Not every JDK starts a cipher again with the same number, or clears what it wrote.
      cipher = null;
      sealed.position(sealed.limit());
      out.position(start).put(new byte[payload]).position(start);
      return false;
    } catch (GeneralSecurityException e) {
      throw broken(e);
    }
  }

  /** Takes the next key, derived from this one (section 4.2); the numbers go on. */
  public void rekey() {
    try {
      start(Cipher.ENCRYPT_MODE, RESERVED, NOTHING);
      byte[] derived = cipher.doFinal(new byte[Aead.KEY_BYTES]);
      byte[] replacement = Arrays.copyOf(derived, Aead.KEY_BYTES);
      key = aead.key(replacement);
      Arrays.fill(derived, (byte) 0);
      Arrays.fill(replacement, (byte) 0);
    } catch (GeneralSecurityException e) {
      throw broken(e);
    }
  }

  private void start(int mode, long number, byte[] associated) throws GeneralSecurityException {
    if (cipher == null) {
      // Late, because a handshake makes many keys that seal nothing.
      cipher = aead.create();
    }
    cipher.init(mode, key, aead.parameters(nonce.putLong(Integer.BYTES, number)));
    cipher.updateAAD(associated);
  }

  private void checkNotSpent() {
    if (next == RESERVED) {
      throw new IllegalStateException("no further Noise message can have this key");
    }
  }

  private IllegalStateException broken(GeneralSecurityException e) {
    return new IllegalStateException("this Java has no working " + aead, e);
  }
}
