package culvert.cli.demo;

import culvert.net.HostPort;

/**
 * The page of the demo: the way of one request through the tunnel. It loads nothing else.
 *
 * @param tunnel the tunnel
 * @param server address of the origin server
 * @param visitor the visitor's address, from the PROXY header
 * @param originProxy address of the origin proxy's connection to the origin server
 * @param request method and target of the request
 */
record DemoPage(
    DemoTunnel tunnel, HostPort server, HostPort visitor, HostPort originProxy, String request) {

  private static final String TEXT =
      """
      This page comes from a server behind a Culvert tunnel.

        visitor          %s (address from the PROXY header)
        request          %s
        public address   %s
        remote proxy     process %d
        origin proxy     process %d, connected from %s
        origin server    %s
      """;

  private static final String HTML =
      """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Culvert demo</title>
      <link rel="icon" href="data:,">
      <style>
      :root { color-scheme: light dark; --ink: #1c2733; --soft: #5b6b7b; --page: #f6f8fa;
        --box: #ffffff; --edge: #d5dde5; --accent: #0b6e8f; }
      @media (prefers-color-scheme: dark) {
        :root { --ink: #e3eaf1; --soft: #93a3b3; --page: #11171d; --box: #1a232c;
          --edge: #2d3a47; --accent: #5cc3e0; }
      }
      body { margin: 0; background: var(--page); color: var(--ink);
        font: 16px/1.5 system-ui, sans-serif; }
      main { max-width: 44rem; margin: 0 auto; padding: 3rem 1.25rem; }
      h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
      p { color: var(--soft); margin: 0 0 1.5rem; }
      ol { list-style: none; margin: 0 0 1.5rem; padding: 0; }
      li { background: var(--box); border: 1px solid var(--edge); border-radius: .5rem;
        padding: .6rem 1rem; display: grid; grid-template-columns: 8rem 1fr; gap: 1rem;
        align-items: baseline; }
      li + li { margin-top: 1.75rem; position: relative; }
      li + li::before { content: "\\2193"; position: absolute; top: -1.7rem; left: 1rem;
        color: var(--accent); }
      span { color: var(--soft); display: inline-block; margin-left: .4rem; }
      code { font: .9em ui-monospace, monospace; color: var(--accent); overflow-wrap: anywhere; }
      </style>
      </head>
      <body>
      <main>
      <h1>This page comes from a server behind a Culvert tunnel.</h1>
      <p>Your request <code>%s</code> took this way:</p>
      <ol>
      <li><b>Visitor</b> <div><code>%s</code> <span>from the PROXY header</span></div></li>
      <li><b>Remote proxy</b> <div><code>%s</code> <span>process %d</span></div></li>
      <li><b>Origin proxy</b> <div><code>%s</code> <span>process %d</span></div></li>
      <li><b>Origin server</b> <div><code>%s</code> <span>wrote this page</span></div></li>
      </ol>
      <p>As plain text: <code>curl %s</code></p>
      </main>
      </body>
      </html>
      """;

  String text() {
    return TEXT.formatted(
        visitor,
        request,
        tunnel.url(),
        tunnel.remoteProxy(),
        tunnel.originProxy(),
        originProxy,
        server);
  }

  String html() {
    return HTML.formatted(
        escape(request),
        escape(visitor),
        escape(tunnel.url()),
        tunnel.remoteProxy(),
        escape(originProxy),
        tunnel.originProxy(),
        escape(server),
        escape(tunnel.url()));
  }

  private static String escape(Object value) {
    return value
        .toString()
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
