/** Rules for unauthenticated connections that the remote proxy and the bounce server share. */
package culvert.accept;
