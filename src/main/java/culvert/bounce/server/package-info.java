/** The bounce-server role: joins accepted connections in channel groups. */
package culvert.bounce.server;
