package culvert.transport.tls;

import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.protocol.ProtocolException;
import culvert.transport.RecordConnection;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;

/** Performs a TLS handshake over a blocking carrier, in the calling thread. */
final class TlsHandshake {

  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

  /** Initial read buffer: holds most flights, and grows for a record that is longer. */
  private static final int READ_BYTES = 2048;

  /** Maximum bytes quoted from an answer that is not TLS. */
  private static final int MAX_QUOTED_BYTES = 40;

  /** Size of the buffer that a waiting reader of the connection holds. */
  private static final int IDLE_BYTES = 4096;

  private final SSLEngine engine;
  private final Connection carrier;
  private final TlsSide side;
  private final int maxBytes;

  /** From its position to its limit: bytes received and not yet processed. */
  private ByteBuffer in;

  /** The flight being built; empty while the peer's flight is awaited. */
  private ByteBuffer out = EMPTY;

  private long processedBytes;
  private boolean firstByteChecked;

  /**
   * Creates a handshake that has not started.
   *
   * @param first bytes that were already read from the carrier
   * @param maxBytes maximum total size of the peer's handshake records
   */
  TlsHandshake(SSLEngine engine, Connection carrier, TlsSide side, byte[] first, int maxBytes) {
    this.engine = engine;
    this.carrier = carrier;
    this.side = side;
    this.maxBytes = maxBytes;
    this.in = ByteBuffer.wrap(first);
  }

  /** Derives the channel binding from an established session, which it does not change. */
  @FunctionalInterface
  interface ChannelBinding {
    byte[] of(SSLSession session) throws IOException;
  }

  /** Performs the handshake and returns the connection. */
  Connection complete(BufferPool pool, ChannelBinding channelBinding) throws IOException {
    run();
    SSLSession session = engine.getSession();
    var closeNotify = new DeferredCloseNotify(engine, side);
    return new RecordConnection(
        carrier,
        new TlsRecordEncoder(engine, side, closeNotify),
        new TlsRecordDecoder(
            engine, side, closeNotify, !session.getProtocol().equals(TlsContext.TLS_13)),
        in,
        pool,
        IDLE_BYTES,
        channelBinding.of(session));
  }

  private void run() throws IOException {
    try {
      engine.beginHandshake();
      while (step()) {}
      flush();
    } catch (SSLException e) {
      sendAlert();
      throw side.translate(e);
    }
  }

  private boolean step() throws IOException {
    switch (engine.getHandshakeStatus()) {
      case NEED_TASK -> engine.getDelegatedTask().run();
      case NEED_WRAP -> wrap();
      case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
        flush();
        unwrap();
      }
      case FINISHED, NOT_HANDSHAKING -> {
        return false;
      }
    }
    return true;
  }

  /** Adds a record to the flight, which is sent in one write. */
  private void wrap() throws IOException {
    if (wrapOne() == SSLEngineResult.Status.CLOSED) {
      throw new EOFException(side.peer() + " ended the connection during the TLS handshake");
    }
  }

  private SSLEngineResult.Status wrapOne() throws IOException {
    int record = engine.getSession().getPacketBufferSize();
    if (out.remaining() < record) {
      flush();
      out = ByteBuffer.allocate(2 * record);
    }
    return engine.wrap(EMPTY.duplicate(), out).getStatus();
  }

  private void flush() throws IOException {
    ByteBuffer flight = out.flip();
    out = EMPTY.duplicate();
    if (flight.hasRemaining()) {
      carrier.output().write(flight);
    }
  }

  private void unwrap() throws IOException {
    await(TlsRecord.HEADER_BYTES);
    int length = TlsRecord.length(in);
    processedBytes += length;
    if (processedBytes > maxBytes) {
      throw new ProtocolException(
          side.peer() + " sent more than " + maxBytes + " bytes during the TLS handshake");
    }
    await(length);
    var result = engine.unwrap(in, EMPTY.duplicate());
    if (result.getStatus() != SSLEngineResult.Status.OK) {
      throw new EOFException(side.peer() + " ended the connection during the TLS handshake");
    }
  }

  /** Reads until at least this many bytes are available. */
  private void await(int bytes) throws IOException {
    if (in.remaining() >= bytes) {
      return;
    }
    in = ByteBuffer.allocate(Math.max(bytes, READ_BYTES)).put(in);
    while (in.position() < bytes) {
      if (carrier.input().read(in) < 0) {
        throw new EOFException(
            side.peer()
                + " closed the connection during the TLS handshake; "
                + side.names().transportQuestion());
      }
      checkFirstByte();
    }
    in.flip();
  }

  /** Rejects another protocol at once: its bytes can look like a long, incomplete record. */
  private void checkFirstByte() throws ProtocolException {
    if (!firstByteChecked && !TlsRecord.canBeginAnswer(in.get(0))) {
      throw new ProtocolException(
          side.peer()
              + " does not use TLS (it sent "
              + quote(in.duplicate().flip())
              + "); "
              + side.names().transportQuestion());
    }
    firstByteChecked = true;
  }

  private static String quote(ByteBuffer bytes) {
    byte[] first = new byte[Math.min(bytes.remaining(), MAX_QUOTED_BYTES)];
    bytes.get(first);
    String text = new String(first, StandardCharsets.ISO_8859_1).strip();
    return !text.isEmpty() && text.chars().allMatch(c -> c >= ' ' && c <= '~')
        ? "'" + text + "'"
        : HexFormat.ofDelimiter(" ").formatHex(first);
  }

  /** Sends the engine's alert to the peer, if the carrier still permits it. */
  private void sendAlert() {
    try {
      while (engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_WRAP
          && wrapOne() == SSLEngineResult.Status.OK) {}
      flush();
    } catch (IOException e) {
      // The caller throws the failure that caused the alert.
    }
  }
}
