/** The WebSocket transport (RFC 6455), client and server side. */
package culvert.transport.websocket;
