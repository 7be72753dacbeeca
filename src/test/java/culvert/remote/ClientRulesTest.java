package culvert.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import culvert.config.ClientSettings;
import culvert.config.PortInterval;
import culvert.config.PortRange;
import culvert.config.RemoteSettings;
import culvert.config.Secret;
import culvert.config.ServiceAddress;
import culvert.net.Deadlines;
import culvert.observe.Counter;
import culvert.observe.Counters;
import culvert.protocol.ByeReason;
import culvert.protocol.DeclinedReason;
import culvert.session.LoginProof;
import culvert.session.Offer;
import culvert.session.ServiceRegistry.Answer;
import culvert.session.Visitor;
import culvert.testing.Eventually;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.TestLog;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Services that clients may offer, at an offer and after a reload. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class ClientRulesTest {

  private static final Secret SECRET = Secret.of(Secret.generate());
  private static final Secret OTHER = Secret.of(Secret.generate());

  private static final List<ServiceAddress> SERVICES =
      List.of(
          ServiceAddress.parse("web=127.0.0.1:1"),
          ServiceAddress.parse("ssh-home=127.0.0.1:2"),
          ServiceAddress.parse("db=127.0.0.1:3"));

  private final Deadlines deadlines = new Deadlines();
  private final Counters counters = new Counters();
  private final TestLog log = new TestLog();
  private final PortTable ports = new PortTable(Optional.of(PortRange.parse("5000-5009")));
  private final ServiceTable services = new ServiceTable(SERVICES);
  private final RegistryTables tables = new RegistryTables(new Roster(20, true), services, ports);
  private final Registry registry =
      new Registry(
          tables,
          port -> {
            throw new IOException("the test binds no port");
          },
          deadlines,
          counters,
          new SessionLog(Duration.ofHours(1), counters, log.log()));
  private final FakeSession vienna = FakeSession.ofClient("vienna", SECRET, "laptop", "1");

  @BeforeEach
  void useClients() {
    reload(clients("web, ssh-*", "5003"));
  }

  @AfterEach
  void close() {
    registry.close();
    deadlines.close();
    log.close();
  }

  private static List<ClientSettings> clients(String services, String ports) {
    return List.of(
        new ClientSettings("vienna", SECRET, list(services), intervals(ports)),
        new ClientSettings("lisbon", OTHER, List.of("*"), List.of()));
  }

  private static List<String> list(String texts) {
    return texts.isEmpty() ? List.of() : List.of(texts.split(", "));
  }

  private static List<PortInterval> intervals(String texts) {
    return list(texts).stream().map(PortInterval::parse).toList();
  }

  private Answer offer(FakeSession session, Offer... offers) {
    var answers = new ArrayList<Answer>();
    registry.register(session, List.of(offers), false, answers::add);
    assertThat(answers).hasSize(1);
    return answers.getFirst();
  }

  private void join(FakeSession session) {
    assertThat(registry.admit(session, () -> {})).isEmpty();
  }

  private void reload(List<ClientSettings> changed) {
    reload(Optional.of(changed), Secret.of(RolePair.SECRET));
  }

  private void reload(Optional<List<ClientSettings>> changed, Secret... secrets) {
    RemoteSettings usual = new RolePair.Options().remoteSettings();
    registry.apply(
        new RemoteSettings(
            usual.control(),
            usual.groups(),
            usual.bounce(),
            SERVICES,
            Optional.of(PortRange.parse("5000-5009")),
            usual.protocols(),
            usual.bore(),
            List.of(secrets),
            changed,
            usual.transport(),
            usual.tls(),
            usual.openTimeout(),
            usual.flowTimeout(),
            usual.proxyHeaderFrom(),
            usual.rules(),
            usual.connectionLimits(),
            usual.timeouts(),
            usual.resourceLimits()));
  }

  private void open(String service) throws IOException {
    var address = new InetSocketAddress("192.0.2.1", 7);
    services.open(new Visitor(service, address, address));
  }

  private static Answer.Declined notPermitted(Offer offer, String why) {
    return new Answer.Declined(offer, DeclinedReason.NOT_PERMITTED, why);
  }

  @Test
  void clientOffersTheServicesThatAreListed() throws Exception {
    join(vienna);
    assertThat(offer(vienna, Offer.of("web"), Offer.of("ssh-home")))
        .isInstanceOf(Answer.Served.class);
    open("ssh-home");
    assertThat(vienna.opens).isEqualTo(1);
    assertThat(counters.get(Counter.OFFERS_NOT_PERMITTED)).isZero();
  }

  @Test
  void offerOfAnotherServiceIsDeclinedAndCounted() {
    join(vienna);
    assertThat(offer(vienna, Offer.of("web"), Offer.of("db")))
        .isEqualTo(
            notPermitted(
                Offer.of("db"),
                "client 'vienna' may not offer service 'db'; it may offer web, ssh-*"));
    assertThat(registry.isServing(vienna)).isFalse();
    assertThat(counters.get(Counter.OFFERS_NOT_PERMITTED)).isEqualTo(1);
    assertThat(counters.get(Counter.OFFERS_DECLINED)).isEqualTo(1);
    log.close();
    assertThat(log.text())
        .contains("offer declined", "vienna/laptop@", "may not offer service 'db'");
  }

  @Test
  void clientRequestsThePortsThatAreListed() {
    join(vienna);
    assertThat(offer(vienna, Offer.atPort("a", 5002)))
        .isEqualTo(
            notPermitted(
                Offer.atPort("a", 5002),
                "client 'vienna' may not request port 5002; it may request 5003"));
    Offer permitted = Offer.atPort("a", 5003);
    var registration = new Registration(vienna, List.of(permitted), false, answer -> {});
    assertThat(registration.next(tables, () -> {}))
        .isEqualTo(new RegistrationStep.Bind(permitted, 5003));
  }

  @Test
  void anyPortIsOneThatIsListed() {
    join(vienna);
    Offer any = Offer.atPort("a", 0);
    var registration = new Registration(vienna, List.of(any), false, answer -> {});
    assertThat(registration.next(tables, () -> {})).isEqualTo(new RegistrationStep.Bind(any, 5003));
  }

  @Test
  void portsOutsideOfTheRangeAreNotGiven() {
    reload(clients("", "4000-4999, 6000"));
    join(vienna);
    assertThat(offer(vienna, Offer.atPort("a", 0)))
        .isEqualTo(
            new Answer.Declined(
                Offer.atPort("a", 0),
                DeclinedReason.SETTINGS,
                "none of the client's ports is in the --port-range of the remote proxy"));
    assertThat(offer(vienna, Offer.atPort("a", 6000)))
        .isEqualTo(
            new Answer.Declined(
                Offer.atPort("a", 6000),
                DeclinedReason.SETTINGS,
                "client port number not in allowed range (5000-5009)"));
  }

  @Test
  void clientWithoutPortsGetsNone() {
    reload(clients("*", ""));
    join(vienna);
    assertThat(offer(vienna, Offer.atPort("a", 0)))
        .isEqualTo(
            notPermitted(
                Offer.atPort("a", 0),
                "client 'vienna' may not request a port; it may request none"));
  }

  @Test
  void sessionOfNoClientOffersEverything() {
    var unnamed = new FakeSession("laptop", "7");
    join(unnamed);
    assertThat(offer(unnamed, Offer.of("web"), Offer.of("db"))).isInstanceOf(Answer.Served.class);
  }

  /** A default name may be that of an origin proxy of another client. */
  @Test
  void clientsDoNotTakeOverTheNamesOfEachOther() throws Exception {
    var lisbon = FakeSession.ofClient("lisbon", OTHER, "laptop", "2");
    var unnamed = new FakeSession("laptop", "3");
    for (FakeSession session : List.of(vienna, lisbon, unnamed)) {
      join(session);
    }
    assertThat(offer(vienna, Offer.of("web"))).isInstanceOf(Answer.Served.class);
    assertThat(offer(lisbon, Offer.of("db"))).isInstanceOf(Answer.Served.class);
    assertThat(offer(unnamed, Offer.of("ssh-home"))).isInstanceOf(Answer.Served.class);
    assertThat(List.of(vienna, lisbon, unnamed)).allMatch(session -> session.closedFor == null);
    var again = FakeSession.ofClient("vienna", SECRET, "laptop", "4");
    join(again);
    assertThat(offer(again, Offer.of("web"))).isInstanceOf(Answer.Served.class);
    assertThat(vienna.closedFor).isEqualTo(ByeReason.SUPERSEDED);
    assertThat(lisbon.closedFor).isNull();
    assertThat(unnamed.closedFor).isNull();
  }

  @Test
  void narrowedRulesWithdrawWhatIsNotPermittedAnyMore() throws Exception {
    join(vienna);
    assertThat(offer(vienna, Offer.of("web"), Offer.of("ssh-home")))
        .isInstanceOf(Answer.Served.class);
    reload(clients("web", ""));
    assertThat(vienna.revoked)
        .containsExactly(
            "ssh-home: client 'vienna' may not offer service 'ssh-home'; it may offer web");
    assertThat(vienna.closedFor).isNull();
    open("web");
    assertThatThrownBy(() -> open("ssh-home")).hasMessageContaining("no origin proxy serves");
    assertThat(counters.get(Counter.SERVICES_REVOKED)).isEqualTo(1);
    assertThat(offer(vienna, Offer.of("ssh-home"))).isInstanceOf(Answer.Declined.class);
    reload(clients("*", ""));
    assertThat(offer(vienna, Offer.of("ssh-home"))).isInstanceOf(Answer.Served.class);
    open("ssh-home");
  }

  /** The listener of a closed service can come back after the rules have changed. */
  @Test
  void serviceWithoutAListenerIsRevokedToo() {
    join(vienna);
    assertThat(offer(vienna, Offer.of("web"))).isInstanceOf(Answer.Served.class);
    services.closeService("web");
    reload(clients("ssh-*", ""));
    services.openService(ServiceAddress.parse("web=127.0.0.1:1"));
    assertThatThrownBy(() -> open("web")).hasMessageContaining("no origin proxy serves");
  }

  @Test
  void sessionOfARemovedClientEnds() {
    var lisbon = FakeSession.ofClient("lisbon", OTHER, "laptop", "2");
    join(vienna);
    join(lisbon);
    assertThat(offer(vienna, Offer.of("web"))).isInstanceOf(Answer.Served.class);
    assertThat(offer(lisbon, Offer.of("db"))).isInstanceOf(Answer.Served.class);
    reload(clients("*", "").subList(1, 2));
    assertThat(vienna.closedFor).isEqualTo(ByeReason.CREDENTIALS);
    assertThat(vienna.closedWhy).isEqualTo("client 'vienna' was removed from the settings");
    assertThat(lisbon.closedFor).isNull();
    assertThatThrownBy(() -> open("web")).hasMessageContaining("no origin proxy serves");
    assertThat(counters.get(Counter.SESSIONS_REVOKED)).isEqualTo(1);
    assertThat(offer(vienna, Offer.of("web"))).isInstanceOf(Answer.Declined.class);
  }

  @Test
  void sessionsOfAnEarlierSecretEnd() {
    join(vienna);
    assertThat(offer(vienna, Offer.of("web"))).isInstanceOf(Answer.Served.class);
    Secret changed = Secret.of(Secret.generate());
    reload(List.of(new ClientSettings("vienna", changed, List.of("*"), List.of())));
    assertThat(vienna.closedFor).isEqualTo(ByeReason.CREDENTIALS);
    assertThat(vienna.closedWhy).isEqualTo("the secret of client 'vienna' has changed");
    join(FakeSession.ofClient("vienna", changed, "laptop", "2"));
  }

  /** The login has proven the secret before the reload, and is complete after it. */
  @Test
  void loginThatSpansTheRemovalOfItsClientIsRefused() {
    reload(List.of());
    assertThat(registry.admit(vienna, () -> {}))
        .contains(
            new Roster.Refusal(
                ByeReason.CREDENTIALS, "client 'vienna' was removed from the settings"));
  }

  private static FakeSession unnamed(Optional<Secret> proven) {
    var session = new FakeSession("laptop", "7");
    session.proof = new LoginProof(proven, proven.isPresent());
    return session;
  }

  @ParameterizedTest
  @CsvSource({
    "true, the secret of its login was removed from the settings",
    "false, the settings require a secret since its login"
  })
  void loginThatSpansAChangeOfTheSecretIsRefused(boolean isProven, String why) {
    FakeSession session = unnamed(isProven ? Optional.of(OTHER) : Optional.empty());
    assertThat(registry.admit(session, () -> {}))
        .contains(new Roster.Refusal(ByeReason.CREDENTIALS, why));
    join(unnamed(Optional.of(Secret.of(RolePair.SECRET))));
  }

  @Test
  void loginWithoutAnySecretIsAdmittedIfNoneIsRequired() {
    reload(Optional.empty());
    join(unnamed(Optional.empty()));
  }

  @Test
  void sessionsOfARemovedSecretStayAndAreLogged() {
    FakeSession session = unnamed(Optional.of(Secret.of(RolePair.SECRET)));
    join(session);
    assertThat(offer(session, Offer.of("web"))).isInstanceOf(Answer.Served.class);
    reload(Optional.of(clients("*", "")));
    assertThat(session.closedFor).isNull();
    log.close();
    assertThat(log.text()).contains("sessions kept sessions=1");
  }

  /** Without services it would end as an unauthenticated connection, with its visitors. */
  @Test
  void sessionKeepsItsPlaceAfterItsLastServiceIsRevoked() {
    join(vienna);
    assertThat(offer(vienna, Offer.of("web"))).isInstanceOf(Answer.Served.class);
    reload(clients("db", ""));
    assertThat(vienna.revoked).hasSize(1);
    assertThat(registry.isServing(vienna)).isTrue();
    assertThatThrownBy(() -> open("web")).hasMessageContaining("no origin proxy serves");
    registry.withdraw(vienna, "web");
    assertThat(registry.isServing(vienna)).isFalse();
  }

  @Test
  void sessionIsNotifiedOfServicesThatArePermittedLater() {
    join(vienna);
    assertThat(offer(vienna, Offer.of("web"), Offer.of("ssh-home")))
        .isInstanceOf(Answer.Served.class);
    assertThat(offer(vienna, Offer.of("db"))).isInstanceOf(Answer.Declined.class);
    reload(clients("web", "5003"));
    assertThat(vienna.permitted).isEmpty();
    reload(clients("*", "5003"));
    assertThat(vienna.permitted).containsExactlyInAnyOrder("ssh-home", "db");
    reload(clients("*", "5003"));
    assertThat(vienna.permitted).hasSize(2);
  }

  @Test
  void numberOfRefusedOffersThatAreRememberedIsLimited() {
    join(vienna);
    for (int i = 0; i <= RefusedOffers.MAX_OFFERS; i++) {
      assertThat(offer(vienna, Offer.of("s" + i))).isInstanceOf(Answer.Declined.class);
    }
    reload(clients("*", ""));
    assertThat(vienna.permitted).hasSize(RefusedOffers.MAX_OFFERS);
  }

  /** A silent session would end with all that it serves. */
  @Test
  void clientDoesNotEndTheSessionOfAnotherClient() {
    var lisbon = FakeSession.ofClient("lisbon", OTHER, "desktop", "2");
    join(vienna);
    join(lisbon);
    assertThat(offer(vienna, Offer.of("web"), Offer.of("ssh-home")))
        .isInstanceOf(Answer.Served.class);
    assertThat(offer(lisbon, Offer.of("web")))
        .isEqualTo(
            new Answer.Declined(
                Offer.of("web"),
                DeclinedReason.IN_USE,
                "another origin proxy serves it; to share its visitors, give --share to both"));
    assertThat(vienna.probes).isEmpty();
    assertThat(vienna.closedFor).isNull();
  }

  @Test
  void clientThatIsNotInTheTableMayOfferNothing() {
    var berlin = FakeSession.ofClient("berlin", OTHER, "laptop", "2");
    assertThat(tables.clients().refusal(berlin, "web", OptionalInt.empty()))
        .contains("client 'berlin' was removed from the settings");
    assertThat(tables.clients().ports(berlin, PortRange.parse("5000-5009"))).isEmpty();
  }

  @Test
  void refusalListsOnlyServicesThatTheClientMayOffer() {
    join(vienna);
    assertThat(offer(vienna, Offer.of("ssh-x")))
        .isEqualTo(
            new Answer.Declined(
                Offer.of("ssh-x"),
                DeclinedReason.SETTINGS,
                "the remote proxy has no service 'ssh-x'; it has [web, ssh-home]"));
  }

  @Test
  void refusalListsTheFirstOfManyRules() {
    List<String> many = IntStream.range(0, 1000).mapToObj(i -> "s" + i).toList();
    reload(List.of(new ClientSettings("vienna", SECRET, many, List.of())));
    join(vienna);
    assertThat(offer(vienna, Offer.of("web")))
        .isEqualTo(
            notPermitted(
                Offer.of("web"),
                "client 'vienna' may not offer service 'web'; it may offer s0, s1, s2, s3, s4, s5,"
                    + " s6, s7, s8, s9 and 990 more"));
  }

  @Test
  void noticeOfASharedServiceHasNoNamesOfOtherClients() throws Exception {
    var lisbon = FakeSession.ofClient("lisbon", OTHER, "desktop", "2");
    var second = FakeSession.ofClient("vienna", SECRET, "server", "3");
    for (FakeSession session : List.of(vienna, lisbon, second)) {
      join(session);
      registry.register(session, List.of(Offer.of("web")), true, answer -> {});
    }
    Eventually.within(
        RolePair.LIMIT, () -> assertThat(vienna.notices).containsExactly("web 2 [server]"));
    log.close();
    assertThat(log.text()).contains("shared_with=vienna/laptop,lisbon/desktop");
  }

  /** The answer reserves streams for the service after the revocation has ended that. */
  @Test
  void serviceThatIsRevokedDuringTheAnswerReservesNoStreams() {
    join(vienna);
    registry.register(
        vienna,
        List.of(Offer.of("web")),
        false,
        answer -> {
          reload(clients("db", ""));
          vienna.open.add("web");
        });
    assertThat(vienna.revoked).hasSize(1);
    assertThat(vienna.open).isEmpty();
  }

  @Test
  void equalClientsChangeNothing() {
    join(vienna);
    assertThat(offer(vienna, Offer.of("web"))).isInstanceOf(Answer.Served.class);
    reload(clients("web, ssh-*", "5003"));
    assertThat(vienna.closedFor).isNull();
    assertThat(vienna.revoked).isEmpty();
    assertThat(registry.isServing(vienna)).isTrue();
  }
}
