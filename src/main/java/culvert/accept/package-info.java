/** Unauthenticated connections, as the remote proxy and the bounce server treat them alike. */
package culvert.accept;
