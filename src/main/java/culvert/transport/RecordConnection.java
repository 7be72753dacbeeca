package culvert.transport;

import culvert.net.BufferPool;
import culvert.net.ByteInput;
import culvert.net.ByteOutput;
import culvert.net.CloseCause;
import culvert.net.Connection;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A connection that sends and receives its bytes as records of a transport over another connection,
 * the carrier. {@link #received} and {@link #sent} count the carrier's bytes, so that a record
 * without payload counts as activity of the peer.
 */
public final class RecordConnection implements Connection {

  private final Connection carrier;
  private final RecordInput input;
  private final RecordOutput output;
  private final byte[] binding;

  /**
   * Wraps a carrier whose handshake is complete, with the carrier's {@link #channelBinding}.
   *
   * @param early bytes that the handshake read from the carrier and did not use; they are copied
   * @param idleBytes size of the buffer that a waiting reader holds: a typical read fits into it
   */
  public RecordConnection(
      Connection carrier,
      RecordEncoder encoder,
      RecordDecoder decoder,
      ByteBuffer early,
      BufferPool pool,
      int idleBytes) {
    this(carrier, encoder, decoder, early, pool, idleBytes, carrier.channelBinding());
  }

  /**
   * Wraps a carrier whose handshake is complete and produced a channel binding.
   *
   * @param early bytes that the handshake read from the carrier and did not use; they are copied
   * @param idleBytes size of the buffer that a waiting reader holds: a typical read fits into it
   * @param binding the value of {@link #channelBinding}
   */
  public RecordConnection(
      Connection carrier,
      RecordEncoder encoder,
      RecordDecoder decoder,
      ByteBuffer early,
      BufferPool pool,
      int idleBytes,
      byte[] binding) {
    this.carrier = carrier;
    this.binding = binding;
    this.output = new RecordOutput(carrier, encoder, pool);
    this.input = new RecordInput(carrier, decoder, early, output, pool, idleBytes);
  }

  /** See {@link Transport#setAuthenticated}. */
  public void setAuthenticated() {
    input.setAuthenticated();
    Transport.setAuthenticated(carrier);
  }

  @Override
  public Connection underlying() {
    return carrier.underlying();
  }

  @Override
  public ByteInput input() {
    return input;
  }

  @Override
  public ByteOutput output() {
    return output;
  }

  @Override
  public void closeOutput() throws IOException {
    output.end();
  }

  @Override
  public void reset() {
    carrier.reset();
    input.abandon();
  }

  @Override
  public void close() {
    carrier.close();
    input.abandon();
  }

  @Override
  public void abandon() {
    if (output.hasEnded()) {
      close();
    } else {
      reset();
    }
  }

  @Override
  public void resetOnDeath() throws IOException {
    carrier.resetOnDeath();
  }

  @Override
  public byte[] channelBinding() {
    return binding.clone();
  }

  @Override
  public InetSocketAddress peer() {
    return carrier.peer();
  }

  @Override
  public InetSocketAddress local() {
    return carrier.local();
  }

  @Override
  public long received() {
    return carrier.received();
  }

  @Override
  public long sent() {
    return carrier.sent();
  }

  @Override
  public Optional<CloseCause> closeCause() {
    return carrier.closeCause().or(input::closeCause);
  }

  @Override
  public boolean onBroken(Runnable action) {
    return carrier.onBroken(action);
  }
}
