/** The protocol of the program BounceServer as bytes, both sides. No sockets, threads or clocks. */
package culvert.protocol.bounce;
