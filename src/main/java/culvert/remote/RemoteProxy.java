package culvert.remote;

import culvert.config.RemoteSettings;
import culvert.config.Secret;
import culvert.config.ServiceAddress;
import culvert.mux.Budget;
import culvert.mux.Leg;
import culvert.net.BufferPool;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.net.Listener;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.observe.Log;
import culvert.session.Dialect;
import culvert.session.NativeDialect;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The remote-proxy role: visitors come in at its outside addresses and are carried to the origin
 * proxies that have joined at its control address.
 */
public final class RemoteProxy implements AutoCloseable {

  private final Deadlines deadlines = new Deadlines();
  private final BufferPool pool = new BufferPool();
  private final Counters counters = new Counters();
  private final Budget budget = Budget.ofProcess(counters.adder(Counter.STREAMS_NOT_DRAINED));
  private final List<Listener> listeners = new ArrayList<>();
  private final Map<String, HostPort> outside = new LinkedHashMap<>();
  private final Log log;
  private ControlHandler control;
  private VisitorHandler visitors;

  private RemoteProxy(Log log) {
    this.log = log;
  }

  /**
   * Binds every address and begins to serve.
   *
   * @throws IOException naming the address that could not be bound; then none is
   */
  public static RemoteProxy start(RemoteSettings settings, Log log) throws IOException {
    var self = NativeDialect.self(settings.maxVisitors(), settings.secret().map(Secret::key));
    return start(settings, log, shared -> new NativeDialect(self, shared));
  }

  /** The same for the dialect of one's choice. */
  static RemoteProxy start(RemoteSettings settings, Log log, Function<Leg.Shared, Dialect> dialect)
      throws IOException {
    var proxy = new RemoteProxy(log);
    try {
      proxy.bind(settings, dialect);
    } catch (IOException | RuntimeException e) {
      proxy.close();
      throw e;
    }
    proxy.listeners.forEach(Listener::start);
    return proxy;
  }

  private void bind(RemoteSettings settings, Function<Leg.Shared, Dialect> dialects)
      throws IOException {
    Dialect dialect =
        dialects.apply(
            new Leg.Shared(pool, budget, deadlines, counters.adder(Counter.LATE_FRAMES)));
    control = new ControlHandler(dialect, settings.handshakeTimeout(), deadlines, counters, log);
    visitors = new VisitorHandler(settings, deadlines, counters, log);
    listeners.add(Listener.bind(settings.control(), "control", pool, control));
    for (ServiceAddress service : settings.services()) {
      Listener listener =
          Listener.bind(service.address(), "visitor", pool, visitors.forService(service.service()));
      listeners.add(listener);
      outside.put(service.service(), HostPort.of(listener.address()));
    }
    var table = new ServiceTable(outside, log);
    control.serveInto(table);
    visitors.serveFrom(table);
  }

  /** The control address that was bound. */
  public HostPort controlAddress() {
    return HostPort.of(listeners.getFirst().address());
  }

  /** Each service's outside address that was bound, in the order of the settings. */
  public Map<String, HostPort> outsideAddresses() {
    return Collections.unmodifiableMap(outside);
  }

  /** What was counted so far. */
  public Counters counters() {
    return counters;
  }

  /** Bytes that all streams hold now. */
  public long heldBytes() {
    return budget.held();
  }

  /** How many large buffers are in use now. */
  public int borrowedBuffers() {
    return pool.borrowed();
  }

  /** Stops accepting, ends every session, and resets every visitor. */
  @Override
  public void close() {
    listeners.forEach(Listener::close);
    if (control != null) {
      control.close();
    }
    if (visitors != null) {
      visitors.close();
    }
    deadlines.close();
  }
}
