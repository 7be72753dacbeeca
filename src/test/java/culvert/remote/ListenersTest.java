package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.ServiceType;
import culvert.net.Deadlines;
import culvert.net.HostPort;
import culvert.net.ServerAddress;
import culvert.net.SocketMode;
import culvert.net.UnixPath;
import culvert.observe.Counters;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Changes of listeners in which a bind or a start fails. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ListenersTest {

  private final TestLog log = new TestLog();
  private final Counters counters = new Counters();
  private final Deadlines deadlines = new Deadlines();
  private final ServiceTable services = new ServiceTable(List.of());
  private final Registry registry = registry();
  private final Listeners listeners = new Listeners(registry, this::bind, deadlines, log.log());

  private final Set<String> unbindable = ConcurrentHashMap.newKeySet();
  private final Set<String> unstartable = ConcurrentHashMap.newKeySet();
  private final Set<Bound> bound = ConcurrentHashMap.newKeySet();

  /** Addresses whose listeners have sessions with data channels. */
  private final Set<String> needed = ConcurrentHashMap.newKeySet();

  /** Runs when the last of these has ended. */
  private final List<Runnable> actions = new ArrayList<>();

  private Registry registry() {
    var tables =
        new RegistryTables(new Roster(20, false), services, new PortTable(Optional.empty()));
    return new Registry(
        tables,
        port -> {
          throw new IOException();
        },
        deadlines,
        counters,
        new SessionLog(Duration.ofHours(1), counters, log.log()));
  }

  /** A listener without a socket. */
  private final class Bound implements BoundListener {
    private final ServerAddress address;

    Bound(ServerAddress address) {
      this.address = address;
      bound.add(this);
    }

    @Override
    public ServerAddress address() {
      return address;
    }

    @Override
    public void start() throws IOException {
      if (unstartable.contains(address.toString())) {
        throw new IOException("cannot start at " + address);
      }
    }

    @Override
    public boolean retire(Runnable action) {
      actions.add(action);
      return needed.contains(address.toString());
    }

    @Override
    public void close() {
      bound.remove(this);
    }
  }

  private BoundListener bind(ListenerSpec spec) throws IOException {
    if (unbindable.contains(spec.address().toString())) {
      throw new IOException("cannot bind " + spec.address());
    }
    return new Bound(spec.address());
  }

  @AfterEach
  void close() {
    listeners.stop();
    registry.close();
    assertThat(bound).as("listeners left behind").isEmpty();
    deadlines.close();
    log.close();
  }

  private static ListenerSpec spec(String service, String address) {
    return switch (ServerAddress.parse(address, HostPort::parse)) {
      case HostPort at -> ListenerSpec.of(ListenerSpec.Key.of(service), at);
      case UnixPath at ->
          new ListenerSpec(
              ListenerSpec.Key.of(service), ServiceType.TCP, at, Optional.of(SocketMode.OWNER));
    };
  }

  private List<String> open() {
    List<String> open = new ArrayList<>();
    services.addresses().forEach(service -> open.add(service.toString()));
    assertThat(boundAddresses())
        .containsAll(open.stream().map(one -> one.substring(one.indexOf('=') + 1)).toList());
    return open;
  }

  private void awaitOpen(String... addresses) throws Exception {
    Eventually.within(RolePair.LIMIT, () -> assertThat(open()).containsExactly(addresses));
  }

  @Test
  void listenerStaysIfTheNextOneCannotBeStarted() throws Exception {
    listeners.change(List.of(spec("web", "127.0.0.1:1"), spec("ssh", "127.0.0.1:2")));
    unstartable.add("127.0.0.1:3");
    listeners.change(List.of(spec("web", "127.0.0.1:3"), spec("ssh", "127.0.0.1:2")));
    assertThat(open()).containsExactly("web=127.0.0.1:1", "ssh=127.0.0.1:2");
    unstartable.clear();
    awaitOpen("web=127.0.0.1:3", "ssh=127.0.0.1:2");
  }

  @Test
  void newServiceWhoseListenerCannotBeStartedIsNotOpen() throws Exception {
    unstartable.add("127.0.0.1:1");
    listeners.change(List.of(spec("web", "127.0.0.1:1"), spec("ssh", "127.0.0.1:2")));
    assertThat(open()).containsExactly("ssh=127.0.0.1:2");
    unstartable.clear();
    awaitOpen("ssh=127.0.0.1:2", "web=127.0.0.1:1");
  }

  /** Each try closes the listener before for a moment. */
  @Test
  void anotherHostAtTheSamePortIsTriedAgainAtTheNextChangeOnly() throws Exception {
    listeners.change(List.of(spec("web", "127.0.0.1:1")));
    List<ListenerSpec> changed = List.of(spec("web", "0.0.0.0:1"), spec("ssh", "127.0.0.1:2"));
    unbindable.addAll(List.of("0.0.0.0:1", "127.0.0.1:2"));
    listeners.change(changed);
    assertThat(open()).containsExactly("web=127.0.0.1:1");
    unbindable.clear();
    awaitOpen("web=127.0.0.1:1", "ssh=127.0.0.1:2");
    listeners.change(changed);
    assertThat(open()).containsExactlyInAnyOrder("web=0.0.0.0:1", "ssh=127.0.0.1:2");
  }

  @Test
  void socketThatAnotherServiceGetsIsClosedFirst() {
    listeners.change(List.of(spec("web", "unix:/run/a"), spec("ssh", "unix:/run/b")));
    unbindable.add("unix:/run/c");
    listeners.change(List.of(spec("web", "unix:/run/b"), spec("ssh", "unix:/run/c")));
    assertThat(open()).containsExactly("web=unix:/run/b");
    listeners.change(List.of(spec("web", "unix:/run/x/../b"), spec("wiki", "unix:/run/b:1")));
    assertThat(open()).containsExactlyInAnyOrder("web=unix:/run/x/../b", "wiki=unix:/run/b:1");
  }

  @Test
  void hostThatDoesNotOverlapIsBoundFirstAndTriedAgain() throws Exception {
    listeners.change(List.of(spec("web", "127.0.0.1:1")));
    unbindable.add("127.0.0.2:1");
    listeners.change(List.of(spec("web", "127.0.0.2:1")));
    assertThat(open()).containsExactly("web=127.0.0.1:1");
    unbindable.clear();
    awaitOpen("web=127.0.0.2:1");
  }

  @Test
  void listenerStaysIfAnotherNeedsItsPortAtAnotherHost() {
    listeners.change(List.of(spec("web", "127.0.0.1:1")));
    unbindable.add("127.0.0.1:3");
    listeners.change(List.of(spec("web", "127.0.0.1:3"), spec("ssh", "127.0.0.2:1")));
    assertThat(open()).containsExactly("web=127.0.0.1:1", "ssh=127.0.0.2:1");
  }

  @Test
  void anotherHostIsTriedAgainIfThePortIsLost() throws Exception {
    listeners.change(List.of(spec("web", "127.0.0.1:1")));
    unbindable.addAll(List.of("0.0.0.0:1", "127.0.0.1:1"));
    listeners.change(List.of(spec("web", "0.0.0.0:1")));
    assertThat(open()).isEmpty();
    unbindable.clear();
    awaitOpen("web=0.0.0.0:1");
  }

  @Test
  void internalErrorOfAListenerAffectsNoOther() throws Exception {
    var invalid = ListenerSpec.of(ListenerSpec.Key.of("invalid"), null);
    listeners.change(List.of(invalid, spec("ssh", "127.0.0.1:2")));
    assertThat(open()).containsExactly("ssh=127.0.0.1:2");
    log.await("internal error on listener");
  }

  @Test
  void stoppedRoleOpensNoListener() {
    listeners.change(List.of(spec("web", "127.0.0.1:1")));
    listeners.stop();
    registry.close();
    listeners.change(List.of(spec("ssh", "127.0.0.1:2")));
    assertThat(bound).isEmpty();
  }

  /** Streams stayed reserved for services that were closed. */
  @Test
  void sessionIsNotifiedOfItsServicesThatAreOpenedAndClosed() {
    var session = new FakeSession("laptop", "1");
    ListenerSpec web = spec("web", "127.0.0.1:1");
    ListenerSpec ssh = spec("ssh", "127.0.0.1:2");
    listeners.change(List.of(web, ssh));
    services.add(session, "web");
    services.add(session, "ssh");
    listeners.change(List.of(ssh));
    assertThat(session.open).isEmpty();
    listeners.change(List.of(web, ssh));
    assertThat(session.open).containsExactly("web");
    listeners.change(List.of(spec("web", "127.0.0.1:3"), ssh));
    assertThat(session.open).as("after a move").containsExactly("web");
    listeners.change(List.of(ssh));
    assertThat(session.open).isEmpty();
  }

  private static ListenerSpec control(String address) {
    return ListenerSpec.of(ListenerSpec.Key.of(Endpoint.Kind.CONTROL), HostPort.parse(address));
  }

  private List<String> boundAddresses() {
    return bound.stream().map(one -> one.address().toString()).sorted().toList();
  }

  @Test
  void replacedListenerStaysUntilItsLastSessionEnds() throws Exception {
    needed.add("127.0.0.1:1");
    listeners.change(List.of(control("127.0.0.1:1")));
    listeners.change(List.of(control("127.0.0.1:2")));
    assertThat(boundAddresses()).containsExactly("127.0.0.1:1", "127.0.0.1:2");
    log.await("listener kept for data channels", "address=127.0.0.1:1");
    actions.getFirst().run();
    assertThat(boundAddresses()).containsExactly("127.0.0.1:2");
    log.await("listener closed", "address=127.0.0.1:1");
  }

  /** The change may have ended the sessions that needed it. */
  @Test
  void replacedListenerIsClosedByALaterChangeIfNoSessionNeedsIt() throws Exception {
    needed.add("127.0.0.1:1");
    listeners.change(List.of(control("127.0.0.1:1")));
    listeners.change(List.of(control("127.0.0.1:2")));
    needed.clear();
    listeners.change(List.of(control("127.0.0.1:2")));
    assertThat(boundAddresses()).containsExactly("127.0.0.1:2");
    log.await("listener closed", "address=127.0.0.1:1");
  }

  @Test
  void removedListenerStaysUntilItsLastSessionEnds() {
    needed.add("127.0.0.1:1");
    listeners.change(List.of(control("127.0.0.1:1")));
    listeners.change(List.of());
    assertThat(boundAddresses()).containsExactly("127.0.0.1:1");
    actions.getFirst().run();
    assertThat(bound).isEmpty();
  }

  @Test
  void replacedListenerIsClosedIfItsAddressIsWanted() throws Exception {
    needed.add("127.0.0.1:1");
    listeners.change(List.of(control("127.0.0.1:1")));
    listeners.change(List.of(control("127.0.0.1:2")));
    listeners.change(List.of(control("127.0.0.1:2"), spec("web", "127.0.0.1:1")));
    assertThat(boundAddresses()).containsExactly("127.0.0.1:1", "127.0.0.1:2");
    log.await("listener closed", "address=127.0.0.1:1", "needed for: web");
    actions.getFirst().run();
    assertThat(open()).containsExactly("web=127.0.0.1:1");
  }

  @Test
  void controlAddressReturnsToThatOfAListenerThatStays() {
    needed.add("127.0.0.1:1");
    listeners.change(List.of(control("127.0.0.1:1")));
    Bound first = bound.iterator().next();
    listeners.change(List.of(control("127.0.0.1:2")));
    listeners.change(List.of(control("127.0.0.1:1")));
    assertThat(bound).as("the one that knows its sessions").containsExactly(first);
    actions.getFirst().run();
    assertThat(bound).as("not closed with the last session of before").containsExactly(first);
  }

  @Test
  void stoppedRoleClosesReplacedListeners() {
    needed.add("127.0.0.1:1");
    listeners.change(List.of(control("127.0.0.1:1")));
    listeners.change(List.of(control("127.0.0.1:2")));
    listeners.stop();
    registry.closeControl();
    assertThat(bound).isEmpty();
  }
}
