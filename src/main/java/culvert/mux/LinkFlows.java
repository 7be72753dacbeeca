package culvert.mux;

import culvert.net.CloseCause;
import culvert.net.Flow;
import culvert.protocol.Feature;
import culvert.protocol.Frame;
import culvert.protocol.Message;
import culvert.protocol.ProtocolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The flows of a link, and the frames that its reader receives for them. Late datagrams, and one
 * late RESET of each flow, take no credit of the peer: a visitor decides how many there are before
 * the end of its flow arrives.
 */
final class LinkFlows {

  private final Link link;
  private final boolean isAgreed;
  private final Map<Long, MuxFlow> byId = new ConcurrentHashMap<>();

  /** Flows closed by this side whose RESET by the peer was not received. */
  private final AtomicLong resetsToCome = new AtomicLong();

  /** Includes flows without an id yet. */
  private final Set<MuxFlow> all = ConcurrentHashMap.newKeySet();

  /**
   * Creates a table without flows.
   *
   * @param features the features that both sides use
   */
  LinkFlows(Link link, Set<Feature> features) {
    this.link = link;
    this.isAgreed = features.contains(Feature.UDP);
  }

  /**
   * Adds a flow of this side.
   *
   * @throws IOException if the peer does not support flows
   */
  MuxFlow open(Message.OpenFlow message, Flow.Receiver receiver) throws IOException {
    if (!isAgreed) {
      throw new IOException("the peer does not support UDP");
    }
    var flow = new MuxFlow(link, message, receiver);
    all.add(flow);
    return flow;
  }

  /** Registers a flow of this side when it gets its id. */
  void register(MuxFlow flow) {
    byId.put(flow.id(), flow);
  }

  /** Forgets a flow that has ended: later frames for it are late. */
  void remove(MuxFlow flow) {
    all.remove(flow);
    byId.remove(flow.id());
    link.closeIfFinished();
  }

  /** Forgets a flow that this side has closed; the peer may be closing it as well. */
  void removeClosed(MuxFlow flow) {
    if (flow.id() != 0) {
      resetsToCome.incrementAndGet();
    }
    remove(flow);
  }

  /** Ends every flow; the link has ended. */
  void endAll(CloseCause cause) {
    List.copyOf(all).forEach(flow -> flow.end(cause));
  }

  /** Returns how many flows are open. */
  int open() {
    return all.size();
  }

  // Called by the link's reader.

  /** Returns whether the id belongs to a flow. */
  boolean has(long id) {
    return byId.containsKey(id);
  }

  /** Accepts a flow that the peer opened. */
  void receiveOpen(long id, Message.OpenFlow open) throws ProtocolException {
    checkAgreed("OPEN_FLOW");
    var flow = new MuxFlow(link, id);
    flow.receiver(link.events().flowOpened(flow, open));
    all.add(flow);
    byId.put(id, flow);
    if (flow.hasEnded()) {
      remove(flow);
    } else if (link.isOver()) {
      flow.end(CloseCause.STOPPED);
    }
  }

  /** Ends a flow that the peer has reset; returns false if the id does not belong to a flow. */
  boolean receiveReset(long id, CloseCause cause) {
    MuxFlow flow = byId.get(id);
    if (flow != null) {
      flow.end(cause);
    }
    return flow != null;
  }

  /**
   * Records a RESET for an id that is over; returns whether it may be that of a flow closed by both
   * sides, which takes no credit of the peer.
   */
  boolean receiveLateReset() {
    return resetsToCome.getAndUpdate(count -> Math.max(0, count - 1)) > 0;
  }

  /**
   * Delivers a datagram.
   *
   * @param in begins with the payload
   * @param highestId returns the highest id that was opened; it may take the writer's lock, which a
   *     flood of datagrams to be sent contends for
   */
  void receiveDatagram(Frame frame, ByteBuffer in, LongSupplier highestId)
      throws ProtocolException {
    checkAgreed("DATAGRAM");
    MuxFlow flow = byId.get(frame.stream());
    if (flow != null) {
      flow.receive(in.slice(in.position(), frame.length()));
    } else if (frame.stream() > highestId.getAsLong()) {
      throw new ProtocolException(
          "DATAGRAM for flow " + frame.stream() + ", which was never opened");
    } else if (link.streams().get(frame.stream()) != null) {
      throw new ProtocolException("DATAGRAM for stream " + frame.stream());
    } else {
      link.countLateFrame();
    }
    in.position(in.position() + frame.length());
  }

  private void checkAgreed(String type) throws ProtocolException {
    if (!isAgreed) {
      throw new ProtocolException(type + " without the feature UDP");
    }
  }
}
