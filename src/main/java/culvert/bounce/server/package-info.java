/** The bounce-server role: joins accepted connections into channel groups. */
package culvert.bounce.server;
