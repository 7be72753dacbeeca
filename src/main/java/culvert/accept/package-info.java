/**
 * Failures at an address where clients log in: of the accept and of the handshake. The remote proxy
 * and the bounce server count, log and answer them in the same way.
 */
package culvert.accept;
