package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.config.PortRange;
import culvert.net.HostPort;
import culvert.observe.Counter;
import culvert.protocol.ByeReason;
import culvert.protocol.DeclinedReason;
import culvert.protocol.Handshake;
import culvert.protocol.Message;
import culvert.testing.LeakCheck;
import culvert.testing.RolePair;
import culvert.testing.ScriptedOrigin;
import culvert.testing.TestClient;
import culvert.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** OFFER and REGISTER of an origin proxy that does not keep to the protocol. */
@ExtendWith(LeakCheck.class)
@Timeout(60)
class RegisterLimitsTest {

  private static final String SECRET = "a b c";
  private static final int MAX_OFFERS = 1000;

  private static RolePair.Options options() {
    return new RolePair.Options().secrets(SECRET, SECRET).plain();
  }

  private static ScriptedOrigin loggedIn(RolePair tunnel) throws IOException {
    var origin = new ScriptedOrigin(tunnel.remote().controlAddress(), "127.0.0.1");
    origin.logInCurrent("scripted", Handshake.newInstance(), SECRET);
    return origin;
  }

  private static void assertEnded(ScriptedOrigin origin, String text) throws IOException {
    assertThat(origin.receive())
        .isInstanceOfSatisfying(
            Message.Bye.class,
            bye -> {
              assertThat(bye.reason()).isEqualTo(ByeReason.PROTOCOL);
              assertThat(bye.text()).contains(text);
            });
  }

  @Test
  void offersWithoutRegisterEndTheSession() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options());
        var origin = loggedIn(tunnel)) {
      for (int i = 0; i <= MAX_OFFERS; i++) {
        origin.send(0, new Message.Offer("service" + i));
      }
      assertEnded(origin, "more than 1000 offers without REGISTER");
    }
  }

  @Test
  void offersForMorePortsThanASessionMayHaveAreDeclinedAtOnce() throws Exception {
    var ports = PortRange.parse("127.0.0.1:20000-29999");
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options().outsidePort(ports, 0));
        var origin = loggedIn(tunnel)) {
      for (int i = 0; i <= 256; i++) {
        origin.send(0, new Message.Offer("service" + i + ":0"));
      }
      origin.send(0, new Message.Register(false));
      assertThat(origin.receive())
          .isEqualTo(
              new Message.Declined(
                  DeclinedReason.SETTINGS, "service0:0", "a session has at most 256 ports"));
    }
  }

  /** The second offer finds the port held by the session itself. */
  @Test
  void sessionMayOfferItsPortAgain() throws Exception {
    var ports = PortRange.parse("127.0.0.1:20000-29999");
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options().outsidePort(ports, 0));
        var origin = loggedIn(tunnel)) {
      origin.send(0, new Message.Offer("other:0"));
      origin.send(0, new Message.Register(false));
      String address = ((Message.Offered) origin.receive()).addresses().getFirst();
      String again = "other:" + HostPort.parse(address).port();
      origin.send(0, new Message.Offer(again));
      origin.send(0, new Message.Register(false));
      assertThat(origin.receive()).isEqualTo(new Message.Offered(again, List.of(address), ""));
    }
  }

  @Test
  void registerWithoutOffersEndsTheSession() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options());
        var origin = loggedIn(tunnel)) {
      origin.send(0, new Message.Register(true));
      assertEnded(origin, "REGISTER without an offer");
    }
  }

  /** Version 1 has no features. */
  @Test
  void reportOfHealthWithoutTheFeatureEndsTheSession() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options());
        var origin = new ScriptedOrigin(tunnel.remote().controlAddress(), "127.0.0.1")) {
      origin.logIn("scripted", Handshake.newInstance(), SECRET);
      origin.send(0, new Message.Health(false, "default"));
      assertEnded(origin, "HEALTH without the feature");
    }
  }

  /** The service may have been revoked at the same time. */
  @Test
  void reportOfHealthAboutAServiceOfAnotherSessionHasNoEffect() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options());
        var origin = loggedIn(tunnel)) {
      origin.send(0, new Message.Health(false, "default"));
      origin.send(0, new Message.Offer("no-such-service"));
      origin.send(0, new Message.Register(false));
      assertThat(origin.receive()).isInstanceOf(Message.Declined.class);
      assertThat(tunnel.remote().counters().get(Counter.SERVICES_UNHEALTHY)).isZero();
      try (Socket visitor = TestClient.dial(tunnel.outside())) {
        TestClient.assertEchoes(visitor, "hello");
      }
    }
  }

  @Test
  void offersHaveNoEffectBeforeRegister() throws Exception {
    try (var server = TestServer.echo();
        var tunnel = RolePair.to(server.address(), options().name("scripted"));
        var origin = loggedIn(tunnel)) {
      origin.send(0, new Message.Offer("default"));
      origin.send(0, new Message.Offer("mail"));
      origin.send(0, new Message.Register(false));
      assertThat(origin.receive())
          .isEqualTo(
              new Message.Declined(
                  DeclinedReason.SETTINGS,
                  "mail",
                  "the remote proxy has no service 'mail'; it has [default]"));
      try (Socket visitor = tunnel.visit()) {
        visitor.getOutputStream().write('a');
        assertThat(visitor.getInputStream().read()).isEqualTo('a');
      }
      origin.send(0, new Message.Offer("default"));
      origin.send(0, new Message.Register(false));
      assertThat(origin.receive())
          .isEqualTo(new Message.Offered("default", List.of(tunnel.outside().toString()), ""));
    }
  }
}
