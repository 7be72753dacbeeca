/** The WebSocket transport (RFC 6455), both sides. */
package culvert.transport.websocket;
