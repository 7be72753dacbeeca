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

/** The handshake of TLS over a blocking carrier, in the calling thread. */
final class TlsHandshake {

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  /** What holds most flights; grows up to one record when one is longer. */
  private static final int READ_BYTES = 2048;

  /** How much of an answer that is no TLS is told. */
  private static final int SHOWN_BYTES = 40;

  /** A waiting reader holds so much. */
  private static final int IDLE_BYTES = 4096;

  private final SSLEngine engine;
  private final Connection carrier;
  private final TlsSide side;
  private final int maxBytes;

  /** What came and was not used, ready to be read. */
  private ByteBuffer in;

  /** What is to be sent; only there while this side speaks. */
  private ByteBuffer out = NOTHING;

  private long used;
  private boolean known;

  /**
   * Nothing is done yet.
   *
   * @param first bytes that were read from the carrier already
   * @param maxBytes how much the peer may send before the handshake is done
   */
  TlsHandshake(SSLEngine engine, Connection carrier, TlsSide side, byte[] first, int maxBytes) {
    this.engine = engine;
    this.carrier = carrier;
    this.side = side;
    this.maxBytes = maxBytes;
    this.in = ByteBuffer.wrap(first);
  }

  /** What names the channel, of a session that stands. */
  @FunctionalInterface
  interface Binding {
    /** Never changes what it is given. */
    byte[] of(SSLSession session) throws IOException;
  }

  /** Runs it, and returns the connection that it was for. */
  Connection connection(BufferPool pool, Binding binding) throws IOException {
    run();
    SSLSession session = engine.getSession();
    var held = new DeferredCloseNotify(engine, side);
    return new RecordConnection(
        carrier,
        new TlsRecordEncoder(engine, side, held),
        new TlsRecordDecoder(engine, side, held, !session.getProtocol().equals(TlsContext.TLS_13)),
        in,
        pool,
        IDLE_BYTES,
        binding.of(session));
  }

  private void run() throws IOException {
    try {
      engine.beginHandshake();
      while (step()) {}
      flush();
    } catch (SSLException e) {
      tellPeer();
      throw side.explain(e);
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

  /** One record; a flight goes out in one write. */
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
    return engine.wrap(NOTHING.duplicate(), out).getStatus();
  }

  private void flush() throws IOException {
    ByteBuffer flight = out.flip();
    out = NOTHING.duplicate();
    if (flight.hasRemaining()) {
      carrier.output().write(flight);
    }
  }

  private void unwrap() throws IOException {
    await(TlsRecord.HEADER_BYTES);
    int length = TlsRecord.length(in);
    used += length;
    if (used > maxBytes) {
      throw new ProtocolException(
          side.peer() + " sent more than " + maxBytes + " bytes before the TLS handshake was done");
    }
    await(length);
    var result = engine.unwrap(in, NOTHING.duplicate());
    if (result.getStatus() != SSLEngineResult.Status.OK) {
      throw new EOFException(side.peer() + " ended the connection during the TLS handshake");
    }
  }

  /** Reads until so many bytes are there. */
  private void await(int bytes) throws IOException {
    if (in.remaining() >= bytes) {
      return;
    }
    in = ByteBuffer.allocate(Math.max(bytes, READ_BYTES)).put(in);
    while (in.position() < bytes) {
      if (carrier.input().read(in) < 0) {
        throw new EOFException(
            side.peer()
                + " closed the connection during the TLS handshake; do both have the same"
                + " --transport?");
      }
      checkFirst();
    }
    in.flip();
  }

  /** Bytes of another protocol can look like a long record that never comes whole. */
  private void checkFirst() throws ProtocolException {
    if (!known && !TlsRecord.begins(in.get(0))) {
      throw new ProtocolException(
          side.peer()
              + " does not speak TLS here (it sent "
              + shown(in.duplicate().flip())
              + "); has it the same --transport?");
    }
    known = true;
  }

  private static String shown(ByteBuffer bytes) {
    byte[] first = new byte[Math.min(bytes.remaining(), SHOWN_BYTES)];
    bytes.get(first);
    String text = new String(first, StandardCharsets.ISO_8859_1).strip();
    return !text.isEmpty() && text.chars().allMatch(c -> c >= ' ' && c <= '~')
        ? "'" + text + "'"
        : HexFormat.ofDelimiter(" ").formatHex(first);
  }

  /** Sends the alert that says what was wrong, as far as the peer still listens. */
  private void tellPeer() {
    try {
      while (engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NEED_WRAP
          && wrapOne() == SSLEngineResult.Status.OK) {}
      flush();
    } catch (IOException e) {
      // What is thrown says the rest.
    }
  }
}
