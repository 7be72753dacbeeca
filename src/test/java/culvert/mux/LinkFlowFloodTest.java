package culvert.mux;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.Threads;
import culvert.protocol.Frame;
import culvert.protocol.Message;
import culvert.testing.LeakCheck;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Flows with more datagrams than their link can send. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class LinkFlowFloodTest {

  private static final Message.OpenFlow OPEN = LinkPair.openFlowMessage();

  private static ByteBuffer bytes(int length) {
    return ByteBuffer.allocate(length);
  }

  /** The peer reads nothing meanwhile. */
  @Test
  void oldestDatagramsOfFloodedFlowAreDroppedAndOthersStay() throws Exception {
    var setup = ScriptedPeer.Setup.USUAL.budget(64 << 20).socketBytes(64 * 1024);
    try (var peer = new ScriptedPeer(Link.Side.OPENS, setup)) {
      MuxFlow flooded = peer.link.openFlow(OPEN, new ReceivedFlow());
      int count = 2000;
      for (int i = 0; i < count; i++) {
        flooded.send(bytes(1000).putInt(0, i));
      }
      MuxFlow canary = peer.link.openFlow(OPEN, new ReceivedFlow());
      canary.send(bytes(1));
      assertThat(peer.droppedDatagrams.sum()).isPositive();
      // Besides what is queued: a batch being written, and the reader's buffer.
      assertThat(peer.budget.held())
          .isLessThan(DatagramQueue.MAX_FLOW_BYTES + 2 * 128 * 1024 + LinkReader.IDLE_BYTES);
      List<Integer> numbers = new ArrayList<>();
      boolean hasCanary = false;
      while (!hasCanary || numbers.isEmpty() || numbers.getLast() != count - 1) {
        var heard = peer.hearAndPong();
        if (heard.data() != null && heard.data().length == 1) {
          hasCanary = true;
        } else if (heard.data() != null) {
          numbers.add(ByteBuffer.wrap(heard.data()).getInt());
        }
      }
      assertThat(numbers).isSorted();
      assertThat(numbers.size() + peer.droppedDatagrams.sum()).isEqualTo(count);
    }
  }

  @Test
  void floodOfManyFlowsStaysWithinTheLinksLimitAndLeavesSpaceForOthers() throws Exception {
    var setup = ScriptedPeer.Setup.USUAL.budget(64 << 20).socketBytes(64 * 1024);
    try (var peer = new ScriptedPeer(Link.Side.OPENS, setup)) {
      List<MuxFlow> flows = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        flows.add(peer.link.openFlow(OPEN, new ReceivedFlow()));
      }
      for (int i = 0; i < 200; i++) {
        flows.forEach(flow -> flow.send(bytes(1000)));
      }
      assertThat(peer.budget.held()).isLessThan(DatagramQueue.MAX_LINK_BYTES + 300 * 1024);
      long dropped = peer.droppedDatagrams.sum();
      MuxFlow canary = peer.link.openFlow(OPEN, new ReceivedFlow());
      canary.send(bytes(1001));
      assertThat(peer.droppedDatagrams.sum()).isEqualTo(dropped);
      while (peer.hearAndPong().data() instanceof byte[] data ? data.length != 1001 : true) {
        // Other flows take their turns.
      }
    }
  }

  @Test
  void zeroLengthDatagramsCountInTheLimits() throws Exception {
    var setup = ScriptedPeer.Setup.USUAL.socketBytes(64 * 1024);
    try (var peer = new ScriptedPeer(Link.Side.OPENS, setup)) {
      MuxFlow flow = peer.link.openFlow(OPEN, new ReceivedFlow());
      // The peer acknowledges nothing, so at most the first congestion window leaves the queue.
      for (int i = 0; i < 200_000; i++) {
        flow.send(bytes(0));
      }
      assertThat(peer.droppedDatagrams.sum()).isPositive();
    }
  }

  /** The length decides neither how much the flood sends nor whether datagrams are sent at all. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1000, 65_507})
  void endlessFloodOfDatagramsAndBulkStreamShareTheLinkEqually(int length) throws Exception {
    int total = 4 << 20;
    var isOver = new AtomicBoolean();
    var setup = ScriptedPeer.Setup.USUAL.budget(64 << 20);
    try (var peer = new ScriptedPeer(Link.Side.OPENS, setup)) {
      MuxStream bulk = peer.link.open(LinkPair.openMessage());
      Thread writer = Threads.start("bulk", () -> ScriptedPeer.writeUntilFailure(bulk, total));
      assertThat(peer.hearAndPong().message()).isInstanceOf(Message.Open.class);
      peer.say(1, new Message.Accepted());
      MuxFlow flow = peer.link.openFlow(OPEN, new ReceivedFlow());
      Thread flood =
          Threads.startPlatform(
              "flood",
              () -> {
                while (!isOver.get()) {
                  flow.send(bytes(length));
                }
              });
      long bulkCost = 0;
      long datagramCost = 0;
      int datagrams = 0;
      int bulkBytes = 0;
      boolean isGranted = false;
      while (bulkBytes < total) {
        sendUntilDropped(peer, flow, length);
        var heard = peer.hearAndPong();
        if (heard.data() != null && heard.stream() == 1) {
          bulkBytes += heard.data().length;
          bulkCost += SendBalance.cost(Frame.HEADER_BYTES + heard.data().length);
          if (bulkBytes - heard.data().length <= MuxStream.FIRST_WINDOW) {
            // From the first frame after the grant on, both wait without a break.
            datagramCost = 0;
          }
        } else if (heard.data() != null) {
          datagrams++;
          datagramCost += SendBalance.cost(Frame.HEADER_BYTES + length);
          if (!isGranted) {
            isGranted = true;
            peer.say(1, new Message.Window(2 * total));
          }
        }
      }
      isOver.set(true);
      flood.join();
      writer.join();
      assertThat(datagramCost).as("%d datagrams", datagrams).isLessThan(bulkCost + 256 * 1024);
      assertThat(datagrams).isGreaterThan(10);
    }
  }

  /** Fills the flow's queue, which is empty if the thread of a flood waits for a processor. */
  private static void sendUntilDropped(ScriptedPeer peer, MuxFlow flow, int length) {
    long before = peer.droppedDatagrams.sum();
    while (peer.droppedDatagrams.sum() == before && !flow.hasEnded()) {
      flow.send(bytes(length));
    }
  }
}
