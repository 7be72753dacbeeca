/**
 * The interfaces between the roles and the protocols: a role works with sessions and the streams
 * they open, a dialect with bytes. The dialects are in packages of their own.
 */
package culvert.session;
