/** The remote-proxy role: public listeners, the sessions that serve them, visitors and limits. */
package culvert.remote;
