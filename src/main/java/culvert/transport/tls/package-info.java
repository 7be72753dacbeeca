/** The TLS transport (RFC 8446 and RFC 5246): handshake, records, trust and certificate reload. */
package culvert.transport.tls;
