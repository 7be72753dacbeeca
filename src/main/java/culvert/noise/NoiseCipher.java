package culvert.noise;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/**
 * The CipherState of section 5.1: a key and the nonce of the next message. Encrypts or decrypts one
 * direction of a session, or parts of a handshake. One thread uses it at a time.
 *
 * <p>A message is the encrypted payload followed by an authentication tag. The nonce is not sent,
 * so the message after a lost one, a repeated message or one out of order fails authentication.
 * Buffers may be direct or not, and must not overlap.
 */
public final class NoiseCipher {

  /** Length of the authentication tag, in bytes. */
  public static final int TAG_BYTES = 16;

  /** Maximum length of a message, in bytes (section 3). */
  public static final int MAX_MESSAGE_BYTES = 65535;

  /** Maximum length of a payload, in bytes. */
  public static final int MAX_PAYLOAD_BYTES = MAX_MESSAGE_BYTES - TAG_BYTES;

  /** The maximum nonce, 2^64 - 1, is reserved for rekeying (sections 4.2 and 5.1). */
  static final long REKEY_NONCE = -1;

  private static final byte[] EMPTY = {};

  private final Aead aead;
  private final ByteBuffer nonceBytes;
  private Cipher cipher;
  private SecretKeySpec key;
  private long nonce;

  /**
   * Creates a cipher.
   *
   * @param key {@value Aead#KEY_BYTES} bytes; copied
   * @param nonce nonce of the first message, unsigned
   */
  NoiseCipher(Aead aead, byte[] key, long nonce) {
    this.aead = aead;
    this.nonceBytes = aead.nonce();
    this.key = aead.key(key);
    this.nonce = nonce;
  }

  /**
   * Encrypts a message.
   *
   * @param plain its remaining bytes are the payload, at most {@value #MAX_PAYLOAD_BYTES}
   * @param out receives the payload and {@value #TAG_BYTES} bytes of tag
   * @throws IllegalArgumentException if the payload is longer
   * @throws BufferOverflowException if {@code out} is too small
   * @throws IllegalStateException if the key has encrypted 2^64 - 1 messages
   */
  public void encrypt(ByteBuffer plain, ByteBuffer out) {
    encrypt(EMPTY, plain, out);
  }

  /** Encrypts a message like {@link #encrypt(ByteBuffer, ByteBuffer)}, with associated data. */
  void encrypt(byte[] associated, ByteBuffer plain, ByteBuffer out) {
    if (plain.remaining() > MAX_PAYLOAD_BYTES) {
      throw new IllegalArgumentException(
          "a Noise payload of "
              + plain.remaining()
              + " bytes (maximum: "
              + MAX_PAYLOAD_BYTES
              + ")");
    }
    if (out.remaining() < plain.remaining() + TAG_BYTES) {
      throw new BufferOverflowException();
    }
    checkNonce();
    try {
      init(Cipher.ENCRYPT_MODE, nonce++, associated);
      cipher.doFinal(plain, out);
    } catch (GeneralSecurityException e) {
      throw unsupported(e);
    }
  }

  /**
   * Decrypts a message. A message that fails authentication is consumed but does not advance the
   * nonce; {@code out} keeps its position, with zeros after it.
   *
   * @param message its remaining bytes are the message
   * @param out receives the payload
   * @throws NoiseException if the message is too short, too long, or fails authentication
   * @throws BufferOverflowException if {@code out} is too small
   * @throws IllegalStateException if the key has decrypted 2^64 - 1 messages
   */
  public void decrypt(ByteBuffer message, ByteBuffer out) throws NoiseException {
    int bytes = message.remaining();
    if (bytes < TAG_BYTES || bytes > MAX_MESSAGE_BYTES) {
      throw new NoiseException(
          messageName()
              + " has "
              + bytes
              + " bytes (allowed: "
              + TAG_BYTES
              + " to "
              + MAX_MESSAGE_BYTES
              + ")");
    }
    if (!decrypt(EMPTY, message, out)) {
      throw new NoiseException(messageName() + " failed authentication");
    }
  }

  private String messageName() {
    return "Noise transport message " + Long.toUnsignedString(nonce + 1);
  }

  /**
   * Decrypts a message of valid length, with associated data, and returns whether it is authentic.
   */
  boolean decrypt(byte[] associated, ByteBuffer message, ByteBuffer out) {
    int payload = message.remaining() - TAG_BYTES;
    if (out.remaining() < payload) {
      throw new BufferOverflowException();
    }
    checkNonce();
    int start = out.position();
    try {
      init(Cipher.DECRYPT_MODE, nonce, associated);
      cipher.doFinal(message, out);
      nonce++;
      return true;
    } catch (AEADBadTagException e) {
      // Not every JDK reinitializes a cipher with the same nonce, or clears its partial output.
      cipher = null;
      message.position(message.limit());
      out.position(start).put(new byte[payload]).position(start);
      return false;
    } catch (GeneralSecurityException e) {
      throw unsupported(e);
    }
  }

  /** Replaces the key by one derived from it (section 4.2). The nonce is not reset. */
  public void rekey() {
    try {
      init(Cipher.ENCRYPT_MODE, REKEY_NONCE, EMPTY);
      byte[] derived = cipher.doFinal(new byte[Aead.KEY_BYTES]);
      byte[] replacement = Arrays.copyOf(derived, Aead.KEY_BYTES);
      key = aead.key(replacement);
      Arrays.fill(derived, (byte) 0);
      Arrays.fill(replacement, (byte) 0);
    } catch (GeneralSecurityException e) {
      throw unsupported(e);
    }
  }

  private void init(int mode, long nonce, byte[] associated) throws GeneralSecurityException {
    if (cipher == null) {
      // Created on first use, because a handshake derives many keys that encrypt nothing.
      cipher = aead.create();
    }
    cipher.init(mode, key, aead.parameters(nonceBytes.putLong(Integer.BYTES, nonce)));
    cipher.updateAAD(associated);
  }

  private void checkNonce() {
    if (nonce == REKEY_NONCE) {
      throw new IllegalStateException("the nonces of this Noise key are exhausted");
    }
  }

  private IllegalStateException unsupported(GeneralSecurityException e) {
    return new IllegalStateException("this JDK does not support " + aead, e);
  }
}
