/** Culvert: a TCP tunnel through NAT and firewalls. */
module culvert {
  requires info.picocli;
  requires jdk.httpserver;
  requires jdk.net;
  requires jdk.unsupported;

  opens culvert.cli to
      info.picocli;
  opens culvert.cli.demo to
      info.picocli;
  opens culvert.cli.option to
      info.picocli;
}
