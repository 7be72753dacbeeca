package culvert.mux;

import culvert.net.CloseCause;
import culvert.net.Flow;
import culvert.protocol.Message;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/** Records what a flow receives. */
final class ReceivedFlow implements Flow.Receiver {

  final MuxFlow flow;
  final Message.OpenFlow open;
  final BlockingQueue<byte[]> datagrams = new LinkedBlockingQueue<>();
  final CompletableFuture<CloseCause> end = new CompletableFuture<>();

  /** Creates a record of a flow that the peer opened. */
  ReceivedFlow(MuxFlow flow, Message.OpenFlow open) {
    this.flow = flow;
    this.open = open;
  }

  /** Creates a record of a flow that is opened with it. */
  ReceivedFlow() {
    this(null, null);
  }

  @Override
  public void received(ByteBuffer datagram) {
    byte[] bytes = new byte[datagram.remaining()];
    datagram.get(bytes);
    datagrams.add(bytes);
  }

  @Override
  public void ended(CloseCause cause) {
    end.complete(cause);
  }
}
