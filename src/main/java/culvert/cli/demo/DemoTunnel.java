package culvert.cli.demo;

import java.net.URI;

/**
 * The running tunnel of the demo.
 *
 * @param url the address for visitors
 * @param remoteProxy process id of the remote proxy
 * @param originProxy process id of the origin proxy
 */
record DemoTunnel(URI url, long remoteProxy, long originProxy) {}
