package culvert.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import culvert.net.HostPort;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A TCP relay that can disappear like a host that loses power: from then on neither its connections
 * nor its port acknowledge segments. A relay that merely stops reading is a different case, because
 * its kernel still sends acknowledgements.
 *
 * <p>The relay is a separate Perl process, because Java cannot attach a filter to a socket. Tests
 * that use it are skipped without Linux or Perl.
 */
public final class SeveredLink implements RelayedLink {

  private static final Path PERL = Path.of("/usr/bin/perl");

  /** Linux's socket(7): SO_ATTACH_FILTER is 26; the filter's one instruction returns zero bytes. */
  private static final String SCRIPT =
      """
      use strict;
      use warnings;
      use IO::Select;
      use Socket qw(:DEFAULT IPPROTO_TCP TCP_NODELAY);

      my ($host, $port, $targetHost, $targetPort) = @ARGV;
      my $target = sockaddr_in($targetPort, inet_aton($targetHost));
      $| = 1;
      $SIG{PIPE} = 'IGNORE';

      sub new_socket { socket(my $s, PF_INET, SOCK_STREAM, 0) or die "socket: $!"; $s }

      my $listener = new_socket();
      bind($listener, sockaddr_in($port, inet_aton($host))) or die "bind: $!";
      listen($listener, 64) or die "listen: $!";
      my %sockets = (fileno $listener => $listener);
      my %other;
      my %ended;
      my $ready = IO::Select->new($listener, *STDIN);
      print +(sockaddr_in(getsockname $listener))[0], $/;

      sub begin {
        accept(my $near, $listener) or return;
        my $far = new_socket();
        connect($far, $target) or return;
        for ([$near, $far], [$far, $near]) {
          my ($one, $other) = @$_;
          setsockopt($one, IPPROTO_TCP, TCP_NODELAY, 1) or die "nodelay: $!";
          $sockets{fileno $one} = $one;
          $other{fileno $one} = $other;
          $ready->add($one);
        }
      }

      sub carry {
        my ($from) = @_;
        my $to = $other{fileno $from};
        if (sysread($from, my $piece, 65536)) {
          while (length $piece) {
            my $n = syswrite($to, $piece) or last;
            substr($piece, 0, $n) = '';
          }
          return;
        }
        $ready->remove($from);
        shutdown($to, 1);
        $ended{fileno $from} = 1;
        return unless $ended{fileno $to};
        for (map { fileno $_ } $from, $to) {
          delete $ended{$_};
          delete $other{$_};
          delete $sockets{$_};
        }
      }

      # Peers wait for an answer until this process ends. Sockets then close with a reset, so that
      # the kernel does not retransmit a FIN that is never acknowledged.
      sub sever {
        my $filter = pack('S C C L', 6, 0, 0, 0);
        my $program = pack('S x![P] P', 1, $filter);
        for (values %sockets) {
          setsockopt($_, SOL_SOCKET, 26, $program) or die "filter: $!";
          setsockopt($_, SOL_SOCKET, SO_LINGER, pack('i i', 1, 0)) or die "linger: $!";
        }
        print 'severed', $/;
        <STDIN>;
        exit;
      }

      while (1) {
        for ($ready->can_read) {
          if (fileno $_ == 0) {
            defined <STDIN> ? sever() : exit;
          } elsif (fileno $_ == fileno $listener) {
            begin();
          } else {
            carry($_);
          }
        }
      }
      """;

  private final Process process;
  private final BufferedReader output;
  private final HostPort address;

  /** Relays to {@code target} from a free port of loopback. */
  public SeveredLink(HostPort target) throws IOException {
    this(new HostPort("127.0.0.1", 0), target);
  }

  /** Relays from an address of the test's choice; both addresses are IPv4. */
  public SeveredLink(HostPort at, HostPort target) throws IOException {
    assumeTrue(Files.isExecutable(PERL), "perl is not installed");
    assumeTrue(System.getProperty("os.name").equals("Linux"), "socket filters require Linux");
    process =
        new ProcessBuilder(
                PERL.toString(),
                "-e",
                SCRIPT,
                at.host(),
                String.valueOf(at.port()),
                target.host(),
                String.valueOf(target.port()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    output = process.inputReader(StandardCharsets.UTF_8);
    address = new HostPort(at.host(), Integer.parseInt(readLine()));
  }

  private String readLine() throws IOException {
    String line = output.readLine();
    if (line == null) {
      throw new IOException("the link has ended");
    }
    return line;
  }

  @Override
  public HostPort address() {
    return address;
  }

  /** Severs the link and all its connections; both ends wait until {@link #close}. */
  public void sever() throws IOException {
    process.outputWriter(StandardCharsets.UTF_8).append('\n').flush();
    if (!readLine().equals("severed")) {
      throw new IOException("the link was not severed");
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
    RelayedLink.closeQuietly(output);
    RelayedLink.closeQuietly(process.getOutputStream());
  }
}
